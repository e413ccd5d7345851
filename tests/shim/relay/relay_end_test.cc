// How relayed calls end early: deadlines, cancellation, shutdown, and many at
// once that never end.
#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <filesystem>
#include <iterator>
#include <string>
#include <vector>

#include "cri.pb.h"
#include "tests/support/relay_support.h"

namespace sidecar_shim::testing {
namespace {

namespace cri = runtime::v1;
using ::testing::HasSubstr;

size_t ThreadCount() {
  const auto tasks = std::filesystem::directory_iterator("/proc/self/task");
  return static_cast<size_t>(std::distance(begin(tasks), end(tasks)));
}

TEST(RelayEndTest, DeadlineReachesTheRuntime) {
  ShimSetup setup;
  for (const std::string& method : {std::string(kUnknown), Method("ExecSync")}) {
    setup.runtime.On(method, ReplyWith(setup.runtime, ""));
    const auto expected = std::chrono::system_clock::now() + std::chrono::hours(3);
    ASSERT_TRUE(setup.client.Call(method, "", {}, std::chrono::hours(3)).status.ok());
    const auto seen = setup.runtime.Calls(method).at(0).deadline;
    // Hours that slow machines cannot make up for.
    EXPECT_LT(seen, expected + std::chrono::hours(1));
    EXPECT_GT(seen, expected - std::chrono::hours(1));
  }
}

TEST(RelayEndTest, DeadlineExpiresAndEndsTheRuntimesCall) {
  ShimSetup setup;
  size_t cancelled = 0;
  for (const std::string& method : {std::string(kUnknown), Method("ExecSync")}) {
    setup.runtime.Hang(method);
    const Answer answer = setup.client.Call(method, "", {}, std::chrono::seconds(1));
    EXPECT_EQ(answer.status.error_code(), grpc::StatusCode::DEADLINE_EXCEEDED);
    ++cancelled;
    EXPECT_TRUE(Eventually([&] { return setup.runtime.CancelledWhileHanging() == cancelled; }));
  }
}

TEST(RelayEndTest, CancellationIsSeenUpstream) {
  ShimSetup setup;
  size_t cancelled = 0;
  for (const std::string& method : {std::string(kUnknown), Method("ExecSync"), Method("StartContainer")}) {
    setup.runtime.Hang(method);
    auto call = setup.client.Begin(method, "");
    ASSERT_TRUE(Eventually([&] { return setup.runtime.Hanging() == 1; })) << method;
    call->Cancel();
    ++cancelled;
    EXPECT_TRUE(Eventually([&] { return setup.runtime.CancelledWhileHanging() == cancelled; })) << method;
    EXPECT_EQ(call->Wait().status.error_code(), grpc::StatusCode::CANCELLED);
  }
}

TEST(RelayEndTest, FiveHundredHangingCallsAddNoThread) {
  ShimSetup setup;
  constexpr size_t kCalls = 500;
  setup.runtime.Hang(kUnknown);
  setup.runtime.Hang(Method("ExecSync"));
  std::vector<std::unique_ptr<PendingCall>> calls;
  auto begin = [&] {
    const std::string method = calls.size() % 2 == 0 ? std::string(kUnknown) : Method("ExecSync");
    calls.push_back(setup.client.Begin(method, "r"));
  };
  begin();
  begin();
  ASSERT_TRUE(Eventually([&] { return setup.runtime.Hanging() == calls.size(); }));
  const size_t before = ThreadCount();
  while (calls.size() < kCalls) begin();
  ASSERT_TRUE(Eventually([&] { return setup.runtime.Hanging() == kCalls; }));
  // gRPC's own timer threads come and go.
  EXPECT_LT(ThreadCount(), before + 10);
  const auto [status, version] = setup.client.Cri<cri::VersionResponse>("Version", cri::VersionRequest());
  EXPECT_TRUE(status.ok()) << status.error_message();
  EXPECT_EQ(version.runtime_name(), "fake");
  for (const std::string& method : {std::string(kUnknown), Method("ExecSync")}) setup.runtime.Release(method);
  for (const auto& call : calls) {
    const grpc::StatusCode code = call->Wait().status.error_code();
    // Both methods end with the runtime's own status.
    EXPECT_THAT(code, ::testing::AnyOf(grpc::StatusCode::UNIMPLEMENTED, grpc::StatusCode::NOT_FOUND));
  }
}

TEST(RelayEndTest, SlowAnswersDoNotHoldUpOthers) {
  ShimSetup setup;
  setup.runtime.Delay(Method("Status"), std::chrono::milliseconds(300));
  auto slow = setup.client.Begin(Method("Status"), "");
  EXPECT_TRUE(setup.client.Call(Method("Version"), "").status.ok());
  const Answer answer = slow->Wait();
  cri::StatusResponse response;
  EXPECT_TRUE(answer.status.ok());
  ASSERT_TRUE(response.ParseFromString(answer.bytes));
  EXPECT_EQ(response.status().conditions_size(), 2);
}

TEST(RelayEndTest, ContainerEventsAreRelayedAndEndedOnShutdown) {
  ShimSetup setup;
  StreamCall events(setup.client.stub(), Method("GetContainerEvents"));
  ASSERT_TRUE(events.Write(""));
  ASSERT_TRUE(events.WritesDone());
  ASSERT_TRUE(Eventually([&] { return setup.runtime.Count(Method("GetContainerEvents")) == 1; }));
  cri::RunPodSandboxRequest run;
  run.mutable_config()->mutable_metadata()->set_name("pod");
  const auto sandbox = setup.client.Cri<cri::RunPodSandboxResponse>("RunPodSandbox", run).second;
  cri::CreateContainerRequest create;
  create.set_pod_sandbox_id(sandbox.pod_sandbox_id());
  create.mutable_config()->mutable_metadata()->set_name("main");
  const auto created = setup.client.Cri<cri::CreateContainerResponse>("CreateContainer", create).second;
  std::string bytes;
  ASSERT_TRUE(events.Read(&bytes));
  cri::ContainerEventResponse event;
  ASSERT_TRUE(event.ParseFromString(bytes));
  EXPECT_EQ(event.container_id(), created.container_id());
  setup.shim->BeginShutdown();
  EXPECT_FALSE(events.Read(&bytes));
  const Answer answer = events.Finish();
  EXPECT_EQ(answer.status.error_code(), grpc::StatusCode::UNAVAILABLE);
  EXPECT_THAT(answer.status.error_message(), HasSubstr("shutting down"));
}

TEST(RelayEndTest, ShutdownBeforeTheStartEnds) {
  ShimSetup setup;
  // Each shuts down the one before at once, most often before its loop runs.
  for (int i = 0; i < 5; ++i) setup.RestartShim();
  EXPECT_TRUE(setup.client.Call(Method("Version"), "").status.ok());
}

TEST(RelayEndTest, ShutdownWithHangingCallsEnds) {
  ShimSetup setup;
  setup.runtime.Hang(Method("ExecSync"));
  setup.runtime.Hang(kUnknown);
  auto unary = setup.client.Begin(Method("ExecSync"), "");
  auto other = setup.client.Begin(kUnknown, "");
  ASSERT_TRUE(Eventually([&] { return setup.runtime.Hanging() == 2; }));
  setup.shim->Shutdown();
  EXPECT_FALSE(unary->Wait().status.ok());
  EXPECT_FALSE(other->Wait().status.ok());
  EXPECT_TRUE(Eventually([&] { return setup.runtime.CancelledWhileHanging() == 2; }));
}

}  // namespace
}  // namespace sidecar_shim::testing
