// The real exit of a masked sidecar is not shown while the shim has not read the runtime's state: kubelet
// never revises what it concluded from an exit code.
#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <chrono>
#include <string>

#include "tests/support/pod_support.h"

namespace sidecar_shim::testing {
namespace {

namespace cri = runtime::v1;

constexpr char kSpec[] = R"({"restartPolicy": "Never", "containers": [
  {"name": "main", "postStart": false}, {"name": "agent", "sidecar": true, "postStart": false}]})";

class MaskWaitTest : public ::testing::Test {
 protected:
  // Both containers run, and the shim does not.
  void SetUp() override {
    main_ = pod_.Launch(pod_.Request("main"));
    agent_ = pod_.Launch(pod_.Request("agent", {{"KRUISE_TERMINATE_SIDECAR_WHEN_JOB_EXIT", "true"}}));
    ASSERT_FALSE(main_.empty());
    ASSERT_FALSE(agent_.empty());
    setup_.shim.reset();
  }

  void EndBoth() {
    ASSERT_TRUE(setup_.runtime.Exit(main_, 0));
    ASSERT_TRUE(setup_.runtime.Exit(agent_, 143));
  }

  // A shim that cannot read the runtime until Release().
  void StartBlind() {
    setup_.runtime.Hang(Method("ListPodSandbox"));
    setup_.RestartShim();
    ASSERT_TRUE(setup_.client.Call(Method("Version"), "").status.ok());
    ASSERT_TRUE(Eventually([this] { return setup_.runtime.Hanging() > 0; }));
  }

  void Release() { setup_.runtime.Release(Method("ListPodSandbox")); }

  template <typename Request>
  std::unique_ptr<PendingCall> Begin(const std::string& method, const Request& request) {
    const size_t before = setup_.runtime.Count(Method(method));
    auto call = setup_.client.Begin(Method(method), request.SerializeAsString());
    EXPECT_TRUE(Eventually([&] { return setup_.runtime.Count(Method(method)) > before; }));
    return call;
  }

  ShimSetup setup_;
  Pod pod_{setup_, kSpec};
  std::string main_;
  std::string agent_;
};

TEST_F(MaskWaitTest, StatusWithAnExitIsHeldUntilTheRuntimeIsRead) {
  EndBoth();
  StartBlind();
  cri::ContainerStatusRequest of_agent;
  of_agent.set_container_id(agent_);
  cri::PodSandboxStatusRequest of_pod;
  of_pod.set_pod_sandbox_id(pod_.sandbox());
  auto agent = Begin("ContainerStatus", of_agent);
  auto pod = Begin("PodSandboxStatus", of_pod);
  Release();
  cri::ContainerStatusResponse agent_status;
  ASSERT_TRUE(agent_status.ParseFromString(agent->Wait().bytes));
  EXPECT_EQ(agent_status.status().exit_code(), 0);
  cri::PodSandboxStatusResponse pod_status;
  ASSERT_TRUE(pod_status.ParseFromString(pod->Wait().bytes));
  ASSERT_EQ(pod_status.containers_statuses_size(), 2);
  for (const auto& status : pod_status.containers_statuses()) EXPECT_EQ(status.exit_code(), 0);
}

TEST_F(MaskWaitTest, EventWithAnExitIsHeldUntilTheRuntimeIsRead) {
  ASSERT_TRUE(setup_.runtime.Exit(main_, 0));
  StartBlind();
  StreamCall events(setup_.client.stub(), Method("GetContainerEvents"));
  ASSERT_TRUE(events.Write(""));
  ASSERT_TRUE(events.WritesDone());
  ASSERT_TRUE(Eventually([&] { return setup_.runtime.Count(Method("GetContainerEvents")) == 1; }));
  ASSERT_TRUE(setup_.runtime.Exit(agent_, 143));
  // On the same connection, so that the event is there before its answer.
  ASSERT_TRUE(setup_.client.Call(Method("Version"), "").status.ok());
  Release();
  std::string bytes;
  cri::ContainerEventResponse event;
  ASSERT_TRUE(events.Read(&bytes));
  ASSERT_TRUE(event.ParseFromString(bytes));
  EXPECT_EQ(event.container_id(), agent_);
  EXPECT_EQ(event.containers_statuses(0).exit_code(), 0);
}

TEST_F(MaskWaitTest, RunningContainersAreShownAtOnce) {
  StartBlind();
  EXPECT_EQ(pod_.Status(main_).status().state(), cri::CONTAINER_RUNNING);
  EXPECT_GT(setup_.runtime.Hanging(), 0u) << "the runtime's state is still not read";
}

TEST_F(MaskWaitTest, CallerMayCancelWhileItsResponseIsHeld) {
  EndBoth();
  StartBlind();
  cri::ContainerStatusRequest request;
  request.set_container_id(agent_);
  auto call = Begin("ContainerStatus", request);
  call->Cancel();
  EXPECT_EQ(call->Wait().status.error_code(), grpc::StatusCode::CANCELLED);
  Release();
  EXPECT_TRUE(Eventually([this] { return pod_.Status(agent_).status().exit_code() == 0; }));
}

// For most of the caller's time. How long all answers together wait is in
// reconciler_test.cc.
TEST_F(MaskWaitTest, UnreadableRuntimeIsNotWaitedForForever) {
  EndBoth();
  StartBlind();
  cri::ContainerStatusRequest request;
  request.set_container_id(agent_);
  const Answer answer =
      setup_.client.Call(Method("ContainerStatus"), request.SerializeAsString(), {}, std::chrono::seconds(1));
  ASSERT_TRUE(answer.status.ok()) << answer.status.error_message();
  cri::ContainerStatusResponse response;
  ASSERT_TRUE(response.ParseFromString(answer.bytes));
  EXPECT_EQ(response.status().exit_code(), 143) << "the wait has timed out";
  Release();
  EXPECT_TRUE(Eventually([this] { return pod_.Status(agent_).status().exit_code() == 0; }));
}

TEST_F(MaskWaitTest, RuntimeThatStartsAfterTheShim) {
  EndBoth();
  setup_.runtime.Stop();
  setup_.RestartShim();
  ASSERT_EQ(setup_.client.Call(Method("Version"), "").status.error_code(), grpc::StatusCode::UNAVAILABLE);
  setup_.runtime.Start();
  // The first status that any caller gets.
  cri::ContainerStatus status;
  ASSERT_TRUE(Eventually([&] {
    status = pod_.Status(agent_).status();
    return !status.id().empty();
  }));
  EXPECT_EQ(status.exit_code(), 0);
}

}  // namespace
}  // namespace sidecar_shim::testing
