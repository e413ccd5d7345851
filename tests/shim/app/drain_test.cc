// When the shim shuts down, calls that it holds fail at once with UNAVAILABLE, and kubelet retries them with
// the next shim.
#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <string>

#include "tests/support/pod_support.h"

namespace sidecar_shim::testing {
namespace {

namespace cri = runtime::v1;

constexpr char kSpec[] = R"({"restartPolicy": "Always", "containers": [
  {"name": "main", "postStart": false}, {"name": "proxy", "priority": 10, "postStart": false}]})";

class DrainTest : public ::testing::Test {
 protected:
  // Longer than the callers wait, so that the grace does not end the calls.
  void SetUp() override {
    setup_.config.shutdown_grace = 2 * kTestTimeout;
    setup_.RestartShim();
  }

  // Returns once the call has arrived at the shim: a later one on the same connection has been answered.
  template <typename Request>
  std::unique_ptr<PendingCall> BeginHeld(const std::string& method, const Request& request) {
    auto call = setup_.client.Begin(Method(method), request.SerializeAsString());
    EXPECT_TRUE(setup_.client.Call(Method("Version"), "").status.ok());
    return call;
  }

  void ExpectAbandoned(PendingCall& call) {
    setup_.shim->BeginShutdown();
    const Answer answer = call.Wait();
    EXPECT_EQ(answer.status.error_code(), grpc::StatusCode::UNAVAILABLE);
    EXPECT_EQ(answer.status.error_message(), "sidecar-shim is shutting down");
  }

  ShimSetup setup_;
};

TEST_F(DrainTest, HeldStart) {
  Pod pod(setup_, "");
  cri::StartContainerRequest start;
  start.set_container_id(pod.Create(pod.Request("main")).second);
  ASSERT_FALSE(pod.Create(pod.Request("proxy", {{"KRUISE_CONTAINER_PRIORITY", "10"}})).second.empty());
  auto call = BeginHeld("StartContainer", start);
  ExpectAbandoned(*call);
  EXPECT_EQ(setup_.runtime.Count(Method("StartContainer")), 0u);
}

TEST_F(DrainTest, CreateThatWaitsForALaunch) {
  Pod pod(setup_, kSpec);
  ASSERT_FALSE(pod.Create(pod.Request("main")).first.ok());
  const std::string proxy = pod.Create(pod.Request("proxy", {{"KRUISE_CONTAINER_PRIORITY", "10"}})).second;
  setup_.runtime.Hang(Method("CreateContainer"));
  ASSERT_TRUE(pod.Start(proxy).ok());
  ASSERT_TRUE(Eventually([&] { return setup_.runtime.Hanging() == 1; }));
  auto call = BeginHeld("CreateContainer", pod.Request("main"));
  ExpectAbandoned(*call);
  setup_.runtime.Release(Method("CreateContainer"));
}

TEST_F(DrainTest, ForwardedCallsGetTheRuntimesAnswer) {
  Pod pod(setup_, kSpec);
  const std::string proxy = pod.Create(pod.Request("proxy", {{"KRUISE_CONTAINER_PRIORITY", "10"}})).second;
  setup_.runtime.Hang(Method("StartContainer"));
  cri::StartContainerRequest start;
  start.set_container_id(proxy);
  auto call = setup_.client.Begin(Method("StartContainer"), start.SerializeAsString());
  ASSERT_TRUE(Eventually([&] { return setup_.runtime.Hanging() == 1; }));
  setup_.shim->BeginShutdown();
  setup_.runtime.Release(Method("StartContainer"));
  EXPECT_TRUE(call->Wait().status.ok());
}

}  // namespace
}  // namespace sidecar_shim::testing
