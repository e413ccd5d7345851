// How exits are learnt, with containerd's event service and without it.
#include <gtest/gtest.h>

#include <filesystem>
#include <string>

#include "tests/support/pod_support.h"

namespace sidecar_shim::testing {
namespace {

namespace cri = runtime::v1;

constexpr char kSubscribe[] = "/containerd.services.events.v1.Events/Subscribe";
constexpr char kWatchPods[] = "/v1alpha1.Pods/WatchPods";
constexpr char kPlan[] = R"({"restartPolicy": "Never", "containers": [
  {"name": "main", "postStart": false}, {"name": "agent", "sidecar": true, "postStart": false}]})";

class ExitWatcherTest : public ::testing::Test {
 protected:
  void Launch() {
    Pod pod(setup_, kPlan);
    main_ = pod.Launch(pod.Request("main"));
    agent_ = pod.Launch(pod.Request("agent", {{"KRUISE_TERMINATE_SIDECAR_WHEN_JOB_EXIT", "true"}}));
    ASSERT_FALSE(main_.empty());
    ASSERT_FALSE(agent_.empty());
  }

  bool AgentEnded() {
    const auto status = setup_.runtime.model().Find(agent_);
    return status && status->state() == cri::CONTAINER_EXITED;
  }

  size_t Lists() { return setup_.runtime.Count(Method("ListContainers")); }

  ShimSetup setup_{/*start_runtime=*/false};
  std::string main_;
  std::string agent_;
};

TEST_F(ExitWatcherTest, RuntimeWithoutEventsIsAskedWhileAnExitMatters) {
  setup_.runtime.Fail(kSubscribe, grpc::Status(grpc::StatusCode::UNIMPLEMENTED, "unknown service"));
  setup_.runtime.Start();
  ASSERT_TRUE(Eventually([this] { return setup_.runtime.Count(kSubscribe) == 1; }));
  Launch();
  const size_t before = Lists();
  ASSERT_TRUE(Eventually([&] { return Lists() >= before + 4; }));
  EXPECT_EQ(setup_.runtime.Count(kSubscribe), 1u);
  ASSERT_TRUE(setup_.runtime.Exit(main_, 0));
  EXPECT_TRUE(Eventually([this] { return AgentEnded(); }));
}

TEST_F(ExitWatcherTest, RuntimeWithoutEventsIsLeftAloneWithoutPods) {
  // Another subscription that starts over each second is the clock.
  std::filesystem::create_directories(setup_.dir.File("kubelet/pods-api"));
  FakeRuntime clock{setup_.dir.File("kubelet/pods-api/pods-api.sock")};
  clock.Fail(kWatchPods, grpc::Status(grpc::StatusCode::UNAVAILABLE, "tick"));
  setup_.runtime.Fail(kSubscribe, grpc::Status(grpc::StatusCode::UNIMPLEMENTED, "unknown service"));
  setup_.runtime.Start();
  ASSERT_TRUE(Eventually([this] { return setup_.runtime.Count(kSubscribe) == 1; }));
  clock.Start();
  EXPECT_TRUE(Eventually([&clock] { return clock.Count(kWatchPods) >= 4; }));
  EXPECT_EQ(setup_.runtime.Count(kSubscribe), 1u);
  EXPECT_LE(Lists(), 1u);  // the one at start
  setup_.shim.reset();
}

TEST_F(ExitWatcherTest, StreamsThatEndAtOnceAreNoEvents) {
  setup_.runtime.Fail(kSubscribe, grpc::Status(grpc::StatusCode::UNAVAILABLE, "not today"));
  setup_.runtime.Start();
  ASSERT_TRUE(Eventually([this] { return setup_.runtime.Count(kSubscribe) >= 1; }));
  Launch();
  const size_t lists = Lists();
  const size_t subscribed = setup_.runtime.Count(kSubscribe);
  ASSERT_TRUE(Eventually([&] { return setup_.runtime.Count(kSubscribe) >= subscribed + 6; }));
  // Asked once a second, not with each new subscription.
  EXPECT_LE(Lists(), lists + 5);
  ASSERT_TRUE(setup_.runtime.Exit(main_, 0));
  EXPECT_TRUE(Eventually([this] { return AgentEnded(); }));
}

TEST_F(ExitWatcherTest, ExitsDuringAnOutageAreFound) {
  setup_.runtime.Start();
  ASSERT_TRUE(Eventually([this] { return setup_.runtime.Subscribers() == 1; }));
  Launch();
  setup_.runtime.Stop();
  ASSERT_TRUE(setup_.runtime.Exit(main_, 0));
  setup_.runtime.Start();
  EXPECT_TRUE(Eventually([this] { return AgentEnded(); }));
}

}  // namespace
}  // namespace sidecar_shim::testing
