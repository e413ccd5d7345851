// Job sidecars through the whole shim: stopped with their hook after the main
// has ended, and reported as success.
#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <algorithm>
#include <cstdint>
#include <nlohmann/json.hpp>
#include <string>
#include <vector>

#include "absl/time/clock.h"
#include "absl/time/time.h"
#include "tests/support/pod_support.h"
#include "tests/support/sigterm_process.h"

namespace sidecar_shim::testing {
namespace {

namespace cri = runtime::v1;

constexpr char kSpec[] = R"({"restartPolicy": "Never", "containers": [
  {"name": "main", "postStart": false}, {"name": "agent", "sidecar": true, "postStart": false}]})";
constexpr int kRealCode = 143;
// The age from which a sidecar is assumed to handle SIGTERM, in ns.
constexpr int64_t kSigtermHandlerTimeout = 5'000'000'000;

class TerminationTest : public ::testing::Test {
 protected:
  void Launch() {
    ASSERT_TRUE(Eventually([this] { return setup_.runtime.Subscribers() == 1; }));
    main_ = pod_.Launch(pod_.Request("main"));
    agent_ = pod_.Launch(pod_.Request(
        "agent", {{"KRUISE_TERMINATE_SIDECAR_WHEN_JOB_EXIT", "true"}},
        {{"io.kubernetes.container.preStopHandler", R"({"exec": {"command": ["/bin/flush", "now"]}})"},
         {"io.kubernetes.pod.terminationGracePeriod", "7"}}));
    ASSERT_FALSE(main_.empty());
    ASSERT_FALSE(agent_.empty());
  }

  bool AgentEnded() {
    const auto status = setup_.runtime.model().Find(agent_);
    return status && status->state() == cri::CONTAINER_EXITED;
  }

  bool AgentReportedAsSuccess() {
    const cri::ContainerStatus status = pod_.Status(agent_).status();
    return status.state() == cri::CONTAINER_EXITED && status.exit_code() == 0 &&
           status.reason() == "Completed";
  }

  ShimSetup setup_;
  Pod pod_{setup_, kSpec};
  std::string main_;
  std::string agent_;
};

TEST_F(TerminationTest, HookFirstThenStopWithinTheGrace) {
  Launch();
  ASSERT_TRUE(setup_.runtime.Exit(main_, 0));
  ASSERT_TRUE(Eventually([this] { return AgentEnded(); }));
  std::vector<std::string> order;
  for (const Recorded& call : setup_.runtime.Calls()) {
    if (call.method == Method("ExecSync")) {
      cri::ExecSyncRequest exec;
      ASSERT_TRUE(exec.ParseFromString(call.bytes));
      EXPECT_EQ(exec.container_id(), agent_);
      EXPECT_EQ(exec.cmd(0), "/bin/flush");
      EXPECT_EQ(exec.cmd(1), "now");
      order.push_back("hook");
    } else if (call.method == Method("StopContainer")) {
      cri::StopContainerRequest stop;
      ASSERT_TRUE(stop.ParseFromString(call.bytes));
      EXPECT_EQ(stop.container_id(), agent_);
      EXPECT_GE(stop.timeout(), 2);
      EXPECT_LE(stop.timeout(), 7);
      order.push_back("stop");
    }
  }
  EXPECT_EQ(order, (std::vector<std::string>{"hook", "stop"}));
}

TEST_F(TerminationTest, YoungSidecarIsStoppedOnceItHandlesSigterm) {
  SigtermProcess process;
  setup_.runtime.model().SetPid("agent", process.pid());
  Launch();
  ASSERT_TRUE(setup_.runtime.Exit(main_, 0));
  ASSERT_TRUE(Eventually([this] { return setup_.runtime.Count(Method("ExecSync")) == 1; }));
  const int64_t handled_at = absl::ToUnixNanos(absl::Now());
  process.InstallHandler();
  ASSERT_TRUE(Eventually([this] { return AgentEnded(); }));
  const auto agent = setup_.runtime.model().Find(agent_);
  // On a machine too slow for the former it is the latter.
  EXPECT_GE(agent->finished_at(), std::min(handled_at, agent->started_at() + kSigtermHandlerTimeout));
}

TEST_F(TerminationTest, StopWaitsForTheHook) {
  Launch();
  setup_.runtime.Hang(Method("ExecSync"));
  ASSERT_TRUE(setup_.runtime.Exit(main_, 1));
  ASSERT_TRUE(Eventually([this] { return setup_.runtime.Hanging() == 1; }));
  EXPECT_EQ(setup_.runtime.Count(Method("StopContainer")), 0u);
  setup_.runtime.Release(Method("ExecSync"));
  EXPECT_TRUE(Eventually([this] { return AgentEnded(); }));
}

TEST_F(TerminationTest, FailedStopIsRetriedWithoutTheHook) {
  Launch();
  setup_.runtime.Fail(Method("StopContainer"), grpc::Status(grpc::StatusCode::UNKNOWN, "shim is busy"));
  ASSERT_TRUE(setup_.runtime.Exit(main_, 0));
  ASSERT_TRUE(Eventually([this] { return setup_.runtime.Count(Method("StopContainer")) == 1; }));
  setup_.runtime.Clear(Method("StopContainer"));
  EXPECT_TRUE(Eventually([this] { return AgentEnded(); }));
  EXPECT_EQ(setup_.runtime.Count(Method("ExecSync")), 1u);
}

TEST_F(TerminationTest, ExitCodeIsMaskedInAllResponses) {
  Launch();
  StreamCall events(setup_.client.stub(), Method("GetContainerEvents"));
  ASSERT_TRUE(events.Write(""));
  ASSERT_TRUE(events.WritesDone());
  ASSERT_TRUE(Eventually([this] { return setup_.runtime.Count(Method("GetContainerEvents")) == 1; }));
  ASSERT_TRUE(setup_.runtime.Exit(main_, 0));
  ASSERT_TRUE(Eventually([this] { return AgentEnded(); }));
  ASSERT_EQ(setup_.runtime.model().Find(agent_)->exit_code(), kRealCode);
  EXPECT_TRUE(AgentReportedAsSuccess());

  const cri::ContainerStatusResponse verbose = pod_.Status(agent_, /*verbose=*/true);
  EXPECT_EQ(verbose.status().exit_code(), 0);
  ASSERT_EQ(verbose.info().count("sidecar-shim"), 1u);
  const auto real = nlohmann::json::parse(verbose.info().at("sidecar-shim"));
  EXPECT_EQ(real["exitCode"], kRealCode);
  EXPECT_EQ(real["reason"], "Error");
  EXPECT_EQ(verbose.info().at("info"), "{}");

  cri::PodSandboxStatusRequest request;
  request.set_pod_sandbox_id(pod_.sandbox());
  const auto sandbox = setup_.client.Cri<cri::PodSandboxStatusResponse>("PodSandboxStatus", request).second;
  ASSERT_EQ(sandbox.containers_statuses_size(), 2);
  for (const cri::ContainerStatus& status : sandbox.containers_statuses()) EXPECT_EQ(status.exit_code(), 0);

  std::string bytes;
  cri::ContainerEventResponse event;
  do {
    ASSERT_TRUE(events.Read(&bytes));
    ASSERT_TRUE(event.ParseFromString(bytes));
  } while (event.container_id() != agent_ || event.container_event_type() != cri::CONTAINER_STOPPED_EVENT);
  EXPECT_EQ(event.containers_statuses(0).exit_code(), 0);
}

TEST_F(TerminationTest, FailureBeforeTheMainContainersExitIsNotMasked) {
  Launch();
  ASSERT_TRUE(setup_.runtime.Exit(agent_, 3));
  EXPECT_EQ(pod_.Status(agent_).status().exit_code(), 3);
  ASSERT_TRUE(setup_.runtime.Exit(main_, 0));
  ASSERT_TRUE(Eventually([this] { return pod_.Status(main_).status().state() == cri::CONTAINER_EXITED; }));
  EXPECT_EQ(pod_.Status(agent_).status().exit_code(), 3);
  EXPECT_EQ(pod_.Status(main_).status().exit_code(), 0);
}

TEST_F(TerminationTest, FailureOfTheMainContainerStaysVisible) {
  Launch();
  ASSERT_TRUE(setup_.runtime.Exit(main_, 42));
  ASSERT_TRUE(Eventually([this] { return AgentEnded(); }));
  EXPECT_EQ(pod_.Status(main_).status().exit_code(), 42);
  EXPECT_TRUE(AgentReportedAsSuccess());
}

TEST_F(TerminationTest, MaskSurvivesARestartOfTheShim) {
  Launch();
  ASSERT_TRUE(setup_.runtime.Exit(main_, 0));
  ASSERT_TRUE(Eventually([this] { return AgentEnded(); }));
  setup_.RestartShim();
  EXPECT_TRUE(AgentReportedAsSuccess());
}

TEST_F(TerminationTest, ExitWhileTheShimIsDownIsFound) {
  Launch();
  setup_.shim.reset();
  ASSERT_TRUE(setup_.runtime.Exit(main_, 0));
  setup_.RestartShim();
  ASSERT_TRUE(Eventually([this] { return AgentEnded(); }));
  EXPECT_TRUE(AgentReportedAsSuccess());
}

TEST_F(TerminationTest, ExitsAreFoundWithoutTheEventService) {
  const std::string subscribe = "/containerd.services.events.v1.Events/Subscribe";
  setup_.runtime.Fail(subscribe, grpc::Status(grpc::StatusCode::UNIMPLEMENTED, "not containerd"));
  setup_.runtime.Stop();
  setup_.runtime.Start();
  ASSERT_TRUE(Eventually([&] { return setup_.runtime.Count(subscribe) >= 2; }));
  main_ = pod_.Launch(pod_.Request("main"));
  agent_ = pod_.Launch(pod_.Request("agent", {{"KRUISE_TERMINATE_SIDECAR_WHEN_JOB_EXIT", "true"}}));
  ASSERT_TRUE(setup_.runtime.Exit(main_, 0));
  EXPECT_TRUE(Eventually([this] { return AgentEnded(); }));
}

// A running attempt is known at once, an ended one only after its status has
// been read.
TEST(TerminationRestartTest, TheNewestAttemptDecides) {
  ShimSetup setup;
  Pod pod(setup, R"({"restartPolicy": "OnFailure", "containers": [{"name": "main"}, {"name": "agent"}]})");
  const std::string agent =
      pod.Launch(pod.Request("agent", {{"KRUISE_TERMINATE_SIDECAR_WHEN_JOB_EXIT", "true"}}));
  const std::string failed = pod.Launch(pod.Request("main"));
  ASSERT_TRUE(setup.runtime.Exit(failed, 1));
  cri::CreateContainerRequest again = pod.Request("main");
  again.mutable_config()->mutable_metadata()->set_attempt(1);
  const std::string main = pod.Launch(again);
  setup.RestartShim();
  ASSERT_TRUE(setup.runtime.Exit(main, 0));
  EXPECT_TRUE(
      Eventually([&] { return setup.runtime.model().Find(agent)->state() == cri::CONTAINER_EXITED; }));
}

TEST_F(TerminationTest, AbandonedExternalStopIsTakenOver) {
  Launch();
  setup_.runtime.Hang(Method("StopContainer"));
  cri::StopContainerRequest request;
  request.set_container_id(agent_);
  auto stop = setup_.client.Begin(Method("StopContainer"), request.SerializeAsString());
  ASSERT_TRUE(Eventually([this] { return setup_.runtime.Hanging() == 1; }));
  stop.reset();
  ASSERT_TRUE(Eventually([this] { return setup_.runtime.CancelledWhileHanging() == 1; }));
  setup_.runtime.Clear(Method("StopContainer"));
  ASSERT_TRUE(setup_.runtime.Exit(main_, 0));
  EXPECT_TRUE(Eventually([this] { return AgentEnded(); }));
}

}  // namespace
}  // namespace sidecar_shim::testing
