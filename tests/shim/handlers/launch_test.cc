// Launch order through the whole shim, before a scripted runtime.
#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <cstdint>
#include <string>

#include "shim/specs/stamp_codec.h"
#include "tests/support/pod_support.h"

namespace sidecar_shim::testing {
namespace {

namespace cri = runtime::v1;

constexpr char kSpec[] = R"({"restartPolicy": "Always", "containers": [
  {"name": "main", "postStart": false}, {"name": "proxy", "priority": 10, "postStart": false}]})";
// kubelet alone starts a container that may have a postStart hook.
constexpr char kHooked[] = R"({"restartPolicy": "Always", "containers": [
  {"name": "main", "postStart": true}, {"name": "proxy", "priority": 10, "postStart": false}]})";

bool Runs(ShimSetup& setup, const std::string& id) {
  const auto status = setup.runtime.model().Find(id);
  return status && status->state() == cri::CONTAINER_RUNNING;
}

TEST(LaunchTest, RefusalNamesBothAndReachesNoRuntime) {
  ShimSetup setup;
  Pod pod(setup, kSpec);
  const auto [status, id] = pod.Create(pod.Request("main"));
  EXPECT_EQ(status.error_code(), grpc::StatusCode::FAILED_PRECONDITION);
  EXPECT_EQ(
      status.error_message(),
      "sidecar-shim: launch order: \"main\" (priority 0) waits for \"proxy\" (priority 10) to be started");
  EXPECT_EQ(setup.runtime.Count(Method("CreateContainer")), 0u);
}

// The runtime has done a create whose answer was lost; kubelet has gone on with another attempt.
TEST(LaunchTest, ANewShimDoesNotStartWhatHasASuccessor) {
  ShimSetup setup;
  Pod pod(setup, kSpec);
  setup.shim.reset();
  auto create = [&](uint32_t attempt, const policy::Annotations& stamps) {
    cri::CreateContainerRequest request = pod.Request("main", {}, stamps);
    request.mutable_config()->mutable_metadata()->set_attempt(attempt);
    setup.runtime.model().Serve("CreateContainer", request.SerializeAsString());
    return setup.runtime.model().Id("main");
  };
  policy::Stamp stamp;
  stamp.by_shim = true;
  const policy::Annotations ahead = EncodeStamp(stamp);
  const std::string left_behind = create(0, ahead);
  const std::string successor = create(1, ahead);
  setup.RestartShim();
  ASSERT_TRUE(Eventually([&] { return Runs(setup, successor); }));
  EXPECT_EQ(setup.runtime.model().Find(left_behind)->state(), cri::CONTAINER_CREATED);
}

TEST(LaunchTest, LaunchedAheadAndReturnedToTheCaller) {
  ShimSetup setup;
  Pod pod(setup, kSpec);
  cri::CreateContainerRequest request = pod.Request("main", {{"A", "1"}}, {{"note", "kept"}});
  request.mutable_config()->add_args("--flag");
  ASSERT_FALSE(pod.Create(request).first.ok());
  const std::string proxy = pod.Launch(pod.Request("proxy", {{"KRUISE_CONTAINER_PRIORITY", "10"}}));
  ASSERT_FALSE(proxy.empty());
  // kubelet has not retried main; the shim launches it.
  ASSERT_TRUE(Eventually([&] { return Runs(setup, setup.runtime.model().Id("main")); }));
  const std::string main = setup.runtime.model().Id("main");
  EXPECT_GT(setup.runtime.model().Find(main)->created_at(), setup.runtime.model().Find(proxy)->started_at());
  EXPECT_EQ(setup.runtime.model().Find(main)->annotations().at("note"), "kept");

  const auto [status, id] = pod.Create(request);
  EXPECT_TRUE(status.ok()) << status.error_message();
  EXPECT_EQ(id, main);
  EXPECT_TRUE(pod.Start(id).ok());
  // One create and one start for each container, by the shim or by the caller.
  EXPECT_EQ(setup.runtime.Count(Method("CreateContainer")), 2u);
  EXPECT_EQ(setup.runtime.Count(Method("StartContainer")), 2u);
  cri::CreateContainerRequest sent;
  ASSERT_TRUE(sent.ParseFromString(setup.runtime.Calls(Method("CreateContainer")).at(1).bytes));
  EXPECT_EQ(sent.config().args(0), "--flag");
  EXPECT_EQ(sent.config().envs(0).value(), "1");
}

TEST(LaunchTest, BeingLaunchedIsHiddenFromListsUntilStarted) {
  ShimSetup setup;
  Pod pod(setup, kSpec);
  ASSERT_FALSE(pod.Create(pod.Request("main")).first.ok());
  const std::string proxy = pod.Create(pod.Request("proxy", {{"KRUISE_CONTAINER_PRIORITY", "10"}})).second;
  // The create ahead waits, and its start after it.
  setup.runtime.Hang(Method("CreateContainer"));
  ASSERT_TRUE(pod.Start(proxy).ok());
  ASSERT_TRUE(Eventually([&] { return setup.runtime.Hanging() == 1; }));
  setup.runtime.Hang(Method("StartContainer"));
  setup.runtime.Release(Method("CreateContainer"));
  ASSERT_TRUE(Eventually([&] { return setup.runtime.Count(Method("StartContainer")) == 2; }));
  auto listed = [&setup] {
    return setup.client.Cri<cri::ListContainersResponse>("ListContainers", cri::ListContainersRequest())
        .second.containers_size();
  };
  EXPECT_NE(setup.runtime.model().Id("main"), "");
  EXPECT_EQ(listed(), 1);
  setup.runtime.Release(Method("StartContainer"));
  EXPECT_TRUE(Eventually([&] { return listed() == 2; }));
}

TEST(LaunchTest, HookedContainerIsLeftToTheCaller) {
  ShimSetup setup;
  Pod pod(setup, kHooked);
  ASSERT_FALSE(pod.Create(pod.Request("main")).first.ok());
  ASSERT_FALSE(pod.Launch(pod.Request("proxy", {{"KRUISE_CONTAINER_PRIORITY", "10"}})).empty());
  EXPECT_EQ(setup.runtime.model().Id("main"), "");
  const std::string main = pod.Launch(pod.Request("main"));
  EXPECT_FALSE(main.empty());
  EXPECT_TRUE(Runs(setup, main));
}

TEST(LaunchTest, FailedLaunchAheadIsRetriedByTheCaller) {
  ShimSetup setup;
  Pod pod(setup, kSpec);
  ASSERT_FALSE(pod.Create(pod.Request("main")).first.ok());
  const std::string proxy = pod.Create(pod.Request("proxy", {{"KRUISE_CONTAINER_PRIORITY", "10"}})).second;
  setup.runtime.Fail(Method("CreateContainer"), grpc::Status(grpc::StatusCode::UNKNOWN, "no such image"));
  ASSERT_TRUE(pod.Start(proxy).ok());
  ASSERT_TRUE(Eventually([&] { return setup.runtime.Count(Method("CreateContainer")) == 2; }));
  EXPECT_EQ(pod.Create(pod.Request("main")).first.error_message(), "no such image");
  setup.runtime.Clear(Method("CreateContainer"));
  EXPECT_FALSE(pod.Launch(pod.Request("main")).empty());
}

TEST(LaunchTest, OrderSurvivesARestartOfTheShim) {
  ShimSetup setup;
  Pod pod(setup, kSpec);
  const std::string proxy = pod.Create(pod.Request("proxy", {{"KRUISE_CONTAINER_PRIORITY", "10"}})).second;
  setup.RestartShim();
  EXPECT_FALSE(pod.Create(pod.Request("main")).first.ok());
  ASSERT_TRUE(pod.Start(proxy).ok());
  ASSERT_TRUE(Eventually([&] { return Runs(setup, setup.runtime.model().Id("main")); }));
  const std::string main = setup.runtime.model().Id("main");
  // kubelet has no answer yet: the next shim reads from the stamp that the container was launched ahead.
  setup.RestartShim();
  const auto [status, id] = pod.Create(pod.Request("main"));
  EXPECT_TRUE(status.ok()) << status.error_message();
  EXPECT_EQ(id, main);
  EXPECT_TRUE(pod.Start(id).ok());
}

}  // namespace
}  // namespace sidecar_shim::testing
