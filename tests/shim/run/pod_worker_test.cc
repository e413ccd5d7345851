#include "shim/run/pod_worker.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>
#include <unistd.h>

#include <algorithm>
#include <filesystem>
#include <memory>
#include <mutex>
#include <string>
#include <thread>
#include <vector>

#include "absl/time/clock.h"
#include "tests/shim/run/fake_cri.h"
#include "tests/shim/run/run_support.h"

namespace sidecar_shim::run {
namespace {

using testing::Contains;
using testing::ElementsAre;
using testing::HasSubstr;
using testing::IsSupersetOf;
using testing::Not;
using testing::SizeIs;

// A hundredth of kubelet's times.
WorkerOptions Fast() {
  WorkerOptions options;
  options.relist_period = absl::Milliseconds(10);
  options.resync_period = absl::Milliseconds(600);
  options.backoff_period = absl::Milliseconds(100);
  options.transient_backoff = absl::Milliseconds(10);
  options.sync_tick = absl::Milliseconds(10);
  options.crash_loop_base = absl::Milliseconds(100);
  options.crash_loop_max = absl::Seconds(3);
  options.image_backoff_base = absl::Milliseconds(100);
  options.image_backoff_max = absl::Seconds(3);
  options.timeout = absl::Seconds(20);
  return options;
}

class PodWorkerTest : public testing::Test {
 protected:
  PodWorkerTest() {
    char path[] = "/tmp/run-test-XXXXXX";
    dir_ = mkdtemp(path);
    fake_ = std::make_unique<FakeCri>(dir_ + "/cri.sock");
    client_ = *RuntimeClient::Create(fake_->endpoint(), fake_->endpoint(), absl::Seconds(20));
  }
  ~PodWorkerTest() override {
    fake_.reset();
    std::filesystem::remove_all(dir_);
  }

  // Starts the worker's pod; the result comes from Run().
  PodWorker& Worker(const std::string& spec, const WorkerOptions& options = Fast()) {
    model_ = Model(spec);
    PodDirs dirs{dir_ + "/pod", dir_ + "/logs"};
    EXPECT_TRUE(PrepareVolumes(dirs, model_).ok());
    worker_ =
        std::make_unique<PodWorker>(model_, dirs, *client_, absl::Now(), options, [this](const Event& event) {
          std::lock_guard lock(events_mutex_);
          events_.push_back(event);
        });
    return *worker_;
  }
  PodResult RunPod(const std::string& spec, const WorkerOptions& options = Fast()) {
    return Worker(spec, options).Run();
  }

  std::vector<std::string> Creates() {
    std::vector<std::string> creates;
    for (const std::string& call : fake_->calls()) {
      if (call.rfind("CreateContainer ", 0) == 0) creates.push_back(call.substr(16));
    }
    return creates;
  }
  // The worker continues to relist after Run().
  bool HasEvent(Event::Kind kind, const std::string& who) {
    std::lock_guard lock(events_mutex_);
    return std::any_of(events_.begin(), events_.end(),
                       [&](const Event& event) { return event.kind == kind && event.who == who; });
  }

  std::string dir_;
  std::unique_ptr<FakeCri> fake_;
  std::unique_ptr<RuntimeClient> client_;
  PodModel model_;
  std::mutex events_mutex_;
  std::vector<Event> events_;  // under events_mutex_
  std::unique_ptr<PodWorker> worker_;
};

constexpr char kMainFirst[] =
    "restartPolicy: Never, containers: [{name: main, image: 'i:1'}, {name: side, image: 'i:1', env: [{name: "
    "KRUISE_TERMINATE_SIDECAR_WHEN_JOB_EXIT, value: 'true'}]}]";

TEST_F(PodWorkerTest, RunsAPodToItsEndAndRemovesIt) {
  fake_->SetScript("main", {absl::Milliseconds(30), {0}});
  fake_->SetScript("side", {absl::Milliseconds(60), {0}});
  PodResult result = RunPod(kMainFirst);
  EXPECT_EQ(result.phase, Phase::kSucceeded);
  EXPECT_TRUE(result.cleanup.ok()) << result.cleanup;
  EXPECT_THAT(fake_->calls(), ElementsAre("RunPodSandbox", "CreateContainer main", "StartContainer main",
                                          "CreateContainer side", "StartContainer side", "StopPodSandbox",
                                          "RemovePodSandbox"));
  EXPECT_EQ(result.timeline.phase, "Succeeded");
  EXPECT_EQ(result.timeline.ending, "complete");
  EXPECT_EQ(result.timeline.rows[1].role, "sidecar");
}

TEST_F(PodWorkerTest, ContinuesAfterARefusalAndRetriesOnAChange) {
  fake_->SetScript("main", {absl::Milliseconds(30), {0}});
  fake_->SetScript("side", {absl::Milliseconds(300), {0}});
  fake_->SetGate([](const cri::CreateContainerRequest& request, int count) {
    return request.config().metadata().name() == "main" && count == 1 ? "main waits for side" : "";
  });
  WorkerOptions options = Fast();
  options.backoff_period = absl::Seconds(10);  // so that only the change can bring the next pass
  absl::Time began = absl::Now();
  PodResult result = RunPod(kMainFirst, options);
  EXPECT_LT(absl::Now() - began, absl::Seconds(5));
  EXPECT_EQ(result.phase, Phase::kSucceeded);
  EXPECT_THAT(Creates(), ElementsAre("main", "side", "main"));
  const Attempt& main = result.timeline.rows[0].attempts.at(0);
  EXPECT_EQ(main.number, 0u);  // a refused create costs no attempt
  EXPECT_EQ(main.refusals, 1);
  EXPECT_LT(main.first_refused, main.created);
}

TEST_F(PodWorkerTest, NetworkIsNotReadyIsRetriedEarly) {
  fake_->SetScript("a", {absl::Milliseconds(10), {0}});
  fake_->SetGate([](const cri::CreateContainerRequest&, int count) {
    return count <= 4 ? "waits; network is not ready" : "";
  });
  WorkerOptions options = Fast();
  options.backoff_period = absl::Seconds(10);
  absl::Time began = absl::Now();
  EXPECT_EQ(RunPod("restartPolicy: Never, containers: [{name: a, image: 'i:1'}]", options).phase,
            Phase::kSucceeded);
  EXPECT_LT(absl::Now() - began, absl::Seconds(5));
  EXPECT_THAT(Creates(), SizeIs(5));
}

TEST_F(PodWorkerTest, AdoptsAContainerThatTheShimStarted) {
  fake_->SetScript("main", {absl::Milliseconds(50), {0}});
  fake_->SetScript("side", {absl::Milliseconds(50), {0}});
  cri::CreateContainerRequest refused;
  fake_->SetGate([&](const cri::CreateContainerRequest& request, int) {
    if (request.config().metadata().name() != "main") return "";
    refused = request;
    return "main waits for side";
  });
  PodWorker& worker = Worker(kMainFirst);
  std::thread shim([&] {
    while (Creates().size() < 2) absl::SleepFor(absl::Milliseconds(1));
    fake_->LaunchAhead(refused);
  });
  PodResult result = worker.Run();
  shim.join();
  EXPECT_EQ(result.phase, Phase::kSucceeded);
  ASSERT_THAT(result.timeline.rows[0].attempts, SizeIs(1));
  EXPECT_TRUE(result.timeline.rows[0].attempts[0].adopted);
  EXPECT_TRUE(HasEvent(Event::Kind::kAdopted, "main"));
}

TEST_F(PodWorkerTest, RestartsOnFailureWithTheNextAttempt) {
  fake_->SetScript("a", {absl::Milliseconds(10), {1, 1, 0}});
  PodResult result = RunPod("restartPolicy: OnFailure, containers: [{name: a, image: 'i:1'}]");
  EXPECT_EQ(result.phase, Phase::kSucceeded);
  ASSERT_THAT(result.timeline.rows[0].attempts, SizeIs(3));
  // At once the first time, after the crash-loop back-off from then on.
  const auto& attempts = result.timeline.rows[0].attempts;
  EXPECT_GE(attempts[2].created - attempts[1].finished, absl::Milliseconds(100));
  EXPECT_EQ(attempts[2].number, 2u);
}

TEST_F(PodWorkerTest, TheTimelineHasTheRealAndTheReportedExitCode) {
  fake_->SetScript("main", {absl::Milliseconds(10), {0}});
  fake_->SetScript("side", {absl::Milliseconds(30), {143}, 137, true});
  PodResult result = RunPod(kMainFirst);
  EXPECT_EQ(result.phase, Phase::kSucceeded);
  EXPECT_EQ(result.timeline.rows[1].attempts[0].exit_code, 143);
  EXPECT_EQ(result.timeline.rows[1].attempts[0].reported, 0);
}

TEST_F(PodWorkerTest, AFailedStartLeavesACreatedContainerAndCostsAnAttempt) {
  Script script;
  script.start_error = "no such file";
  fake_->SetScript("a", script);
  PodWorker& worker = Worker("restartPolicy: Never, containers: [{name: a, image: 'i:1'}]");
  std::thread user([&] {
    while (Creates().size() < 3) absl::SleepFor(absl::Milliseconds(1));
    worker.Stop();
  });
  PodResult result = worker.Run();
  user.join();
  EXPECT_EQ(result.phase, Phase::kPending);
  ASSERT_GE(result.timeline.rows[0].attempts.size(), 2u);
  EXPECT_EQ(result.timeline.rows[0].attempts[1].number, 1u);
}

TEST_F(PodWorkerTest, FailedPullsBackOff) {
  WorkerOptions options = Fast();
  options.timeout = absl::Milliseconds(350);
  PodResult result = RunPod(
      "restartPolicy: Never, containers: [{name: a, image: 'missing:1'}, {name: b, image: 'i:1'}]", options);
  EXPECT_TRUE(result.timed_out);
  EXPECT_THAT(fake_->calls(), IsSupersetOf({"PullImage", "CreateContainer b"}));
  EXPECT_THAT(fake_->calls(), Not(Contains("CreateContainer a")));
  EXPECT_TRUE(HasEvent(Event::Kind::kFailed, "a"));
}

TEST_F(PodWorkerTest, StopRunsHooksAndStopsThePod) {
  PodWorker& worker = Worker(
      "containers: [{name: a, image: 'i:1', lifecycle: {postStart: {exec: {command: [hello]}}, preStop: "
      "{exec: "
      "{command: [bye]}}}}]");
  std::thread user([&] {
    while (fake_->calls().size() < 4) absl::SleepFor(absl::Milliseconds(1));
    worker.Stop();
  });
  PodResult result = worker.Run();
  user.join();
  EXPECT_TRUE(result.stopped);
  EXPECT_EQ(result.timeline.ending, "stopped");
  EXPECT_THAT(fake_->calls(),
              ElementsAre("RunPodSandbox", "CreateContainer a", "StartContainer a", "ExecSync hello",
                          "ExecSync bye", "StopContainer a", "StopPodSandbox", "RemovePodSandbox"));
}

TEST_F(PodWorkerTest, InitContainersAndNativeSidecars) {
  fake_->SetScript("i", {absl::Milliseconds(10), {0}});
  fake_->SetScript("main", {absl::Milliseconds(10), {0}});
  PodResult result = RunPod(
      "restartPolicy: Never, initContainers: [{name: i, image: 'i:1'}, {name: n, image: 'i:1', "
      "restartPolicy: Always}], "
      "containers: [{name: main, image: 'i:1'}]");
  EXPECT_EQ(result.phase, Phase::kSucceeded);
  EXPECT_THAT(Creates(), ElementsAre("i", "n", "main"));
  EXPECT_THAT(fake_->calls(), Contains("StopContainer n"));
}

TEST_F(PodWorkerTest, KeepLeavesTheSandbox) {
  fake_->SetScript("a", {absl::Milliseconds(10), {0}});
  WorkerOptions options = Fast();
  options.keep = true;
  RunPod("restartPolicy: Never, containers: [{name: a, image: 'i:1'}]", options);
  EXPECT_THAT(fake_->calls(), Contains("StopPodSandbox"));
  EXPECT_THAT(fake_->calls(), Not(Contains("RemovePodSandbox")));
}

TEST_F(PodWorkerTest, StopsWaitingForARuntimeThatDoesNotRespond) {
  WorkerOptions options = Fast();
  options.timeout = absl::Milliseconds(100);
  options.unresponsive_timeout = absl::Milliseconds(100);
  fake_.reset();
  PodResult result = RunPod("containers: [{name: a, image: 'i:1'}]", options);
  EXPECT_TRUE(result.timed_out);
  EXPECT_FALSE(result.cleanup.ok());
  EXPECT_TRUE(HasEvent(Event::Kind::kWarning, "pod"));
}

}  // namespace
}  // namespace sidecar_shim::run
