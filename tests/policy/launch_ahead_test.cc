// Launch ahead: the shim creates and starts a refused container itself once its
// gate opens, and answers kubelet's retries.
#include <gtest/gtest.h>

#include "tests/policy/scenario.h"

namespace sidecar_shim::policy {
namespace {

TEST(LaunchAhead, LaunchesOnceTheGateOpens) {
  RunAll({
      {"kubelet adopts the container",
       {Main("a"), Main("b", 10)},
       kAlways,
       "a:refused b:runs launch:a note:ahead idle"},
      {"not before the blocker has started",
       {Main("a"), Main("b", 10)},
       kAlways,
       "a:refused b:created idle b:starts launch:a"},
      {"level by level",
       {Main("a"), Main("b", 5), Main("c", 10)},
       kAlways,
       "a:refused b:refused c:runs launch:b launch:a idle"},
      {"only refused containers",
       {Main("a"), Main("b", 5), Main("c", 10)},
       kAlways,
       "a:refused c:runs idle b:runs launch:a"},
      {"a whole level",
       {Main("a"), Main("b"), Main("c", 10)},
       kAlways,
       "a:refused b:refused c:runs launch:a launch:b idle"},
      {"kubelet retries late",
       {Main("a"), Main("b", 10)},
       kAlways,
       "a:refused b:runs launch:a a:exit=0 idle"},
      {"after the launch timeout",
       {Main("a"), Main("b", 10)},
       kAlways,
       "a:refused +5m note:timeout launch:a idle"},
      {"a blocker that has exited", {Main("a"), Main("b", 10)}, kNever, "a:refused b:runs b:exit=0 launch:a"},
      {"a launched container restarts",
       {Main("a"), Main("b", 10)},
       kOnFailure,
       "a:refused b:runs launch:a a:exit=1 a:runs idle"},
      {"a restart of the shim drops the request",
       {Main("a"), Main("b", 10)},
       kAlways,
       "a:refused newshim b:runs idle a:runs"},
  });
}

TEST(LaunchAhead, RemovedContainerIsNotReturnedToACreate) {
  Bench bench({Main("a"), Main("b", 10)}, kOnFailure);
  bench.Run("a:refused b:runs launch:a a:exit=0 a:gone");
  EXPECT_EQ(Only<AdmitCreate>(bench.Create("a")).size(), 1u);
}

TEST(LaunchAhead, RequestIsForgottenOnceLaunchingIsRuledOut) {
  Bench bench({Main("a"), Main("b", 10)}, kAlways);
  bench.Run("a:refused");
  ContainerSpec hooked = Main("a");
  hooked.post_start = TriState::kYes;
  bench.Send(SpecReceived{bench.pod(), PodSpec{"test", {hooked, Main("b", 10)}, kAlways}});
  EXPECT_EQ(Only<Forget>(bench.Create("a")).size(), 1u);
}

TEST(LaunchAhead, NotWithAPossiblePostStartHookOrIfDisabled) {
  for (TriState hook : {TriState::kYes, TriState::kUnknown}) {
    ContainerSpec hooked = Main("a");
    hooked.post_start = hook;
    Bench bench({hooked, Main("b", 10)}, kAlways);
    EXPECT_FALSE(Only<RefuseCreate>(bench.Create("a"))[0].remember);
    bench.Run("b:runs idle a:runs");
  }
  Options off;
  off.launch_ahead = false;
  Bench bench({Main("a"), Main("b", 10)}, kAlways, {}, off);
  EXPECT_FALSE(Only<RefuseCreate>(bench.Create("a"))[0].remember);
  bench.Run("b:runs idle a:runs");
}

// kubelet retries while the launch is in each of its stages.
class LaunchUnderWay : public testing::Test {
 protected:
  LaunchUnderWay() : bench_({Main("a"), Main("b", 10)}, RestartPolicy::kNever) {
    bench_.Run("a:refused b:runs");
  }

  CreateRequested Retry(CallId call, uint32_t attempt = 0) {
    return {call, bench_.sandbox(), "a", attempt, bench_.TraitsOf("a"), {}};
  }
  ContainerSeen Made() {
    ContainerSeen seen;
    seen.container = "launched";
    seen.sandbox = bench_.sandbox();
    seen.name = "a";
    seen.by_shim = true;
    return seen;
  }

  Bench bench_;
};

TEST_F(LaunchUnderWay, CreateWaitsAndReturnsTheLaunchedContainer) {
  EXPECT_TRUE(bench_.Send(Retry(50)).empty());
  EXPECT_TRUE(bench_.Send(Retry(51)).empty());
  const auto answers = Only<AnswerCreate>(bench_.Send(Made()));
  ASSERT_EQ(answers.size(), 2u);
  EXPECT_EQ(answers[0].call, 50u);
  EXPECT_EQ(answers[1].container, "launched");
  EXPECT_EQ(Only<AnswerCreate>(bench_.Send(Retry(52)))[0].container, "launched");
  EXPECT_EQ(Only<AnswerCreate>(bench_.Send(Retry(53, 1)))[0].container, "launched") << "while it lives";
}

TEST_F(LaunchUnderWay, StartWaitsForTheShimsStart) {
  bench_.Send(Made());
  EXPECT_TRUE(bench_.Send(StartRequested{60, "launched", bench_.now() + std::chrono::minutes(2)}).empty());
  EXPECT_EQ(Only<AnswerStart>(bench_.Send(ContainerStarted{"launched"}))[0].call, 60u);
}

TEST_F(LaunchUnderWay, WaitingStartEndsAtItsDeadline) {
  bench_.Send(Made());
  bench_.Send(StartRequested{60, "launched", bench_.now() + std::chrono::seconds(5)});
  EXPECT_EQ(bench_.engine().NextWakeup(), bench_.now() + std::chrono::seconds(5));
  bench_.Pass(std::chrono::seconds(5));
  EXPECT_EQ(bench_.engine().FindPod(bench_.pod())->held_starts.size(), 0u);
}

TEST_F(LaunchUnderWay, FailedCreateIsRetriedByKubelet) {
  bench_.Send(Retry(50));
  const Actions actions = bench_.Send(CreateFailed{bench_.sandbox(), "a", true});
  EXPECT_EQ(Only<AdmitCreate>(actions)[0].call, 50u);
  EXPECT_TRUE(Only<Launch>(actions).empty());
  EXPECT_EQ(bench_.engine().HeldCount(), 0u);
}

TEST_F(LaunchUnderWay, FailedStartIsReportedToKubelet) {
  bench_.Send(Made());
  EXPECT_EQ(bench_.engine().Hidden(), std::set<ContainerId>{"launched"});
  bench_.Send(StartRequested{60, "launched", bench_.now() + std::chrono::minutes(2)});
  const auto failed = Only<FailStart>(bench_.Send(StartFailed{"launched", "no such file"}));
  ASSERT_EQ(failed.size(), 1u);
  EXPECT_EQ(failed[0].message, "no such file");
  EXPECT_TRUE(bench_.engine().Hidden().empty());
}

TEST_F(LaunchUnderWay, ContainerIsHiddenUntilItRuns) {
  EXPECT_TRUE(bench_.engine().Hidden().empty());
  bench_.Send(Made());
  EXPECT_EQ(bench_.engine().Hidden().count("launched"), 1u);
  bench_.Send(ContainerStarted{"launched"});
  EXPECT_TRUE(bench_.engine().Hidden().empty());
}

TEST_F(LaunchUnderWay, ExitBeforeKubeletAdoptedItIsNotRepeated) {
  bench_.Send(Made());
  bench_.Send(ContainerStarted{"launched"});
  bench_.Send(ContainerExited{"launched", 0, At(5)});
  EXPECT_EQ(Only<AnswerCreate>(bench_.Send(Retry(50)))[0].container, "launched");
  EXPECT_EQ(Only<AnswerStart>(bench_.Send(StartRequested{60, "launched", bench_.now()})).size(), 1u);
  // Also if kubelet's attempt number counts attempts in an earlier sandbox.
  EXPECT_EQ(Only<AnswerCreate>(bench_.Send(Retry(51, 1)))[0].container, "launched");
}

TEST_F(LaunchUnderWay, ContainerThatKubeletStopsIsReplaced) {
  bench_.Send(Made());
  bench_.Send(ContainerStarted{"launched"});
  bench_.Send(ExternalStopStarted{"launched"});
  EXPECT_EQ(Only<AdmitCreate>(bench_.Send(Retry(50, 1))).size(), 1u);
}

TEST_F(LaunchUnderWay, StoppingTheSandboxAdmitsWaitingCreates) {
  bench_.Send(Retry(50));
  const Actions actions = bench_.Send(SandboxStopping{bench_.sandbox()});
  EXPECT_EQ(Only<AdmitCreate>(actions)[0].call, 50u);
  EXPECT_TRUE(Only<Forget>(actions).empty()) << "the launch has used the request up";
  EXPECT_EQ(bench_.engine().HeldCount(), 0u);
}

TEST_F(LaunchUnderWay, CancelledCallIsNotAnswered) {
  bench_.Send(Retry(50));
  bench_.Send(CallCancelled{50});
  EXPECT_TRUE(Only<AnswerCreate>(bench_.Send(Made())).empty());
}

TEST_F(LaunchUnderWay, RestartedShimResumesTheLaunch) {
  Engine engine{Options{}};
  engine.OnEvent(SandboxSeen{bench_.pod(), bench_.sandbox(), {}, false, true}, Time{});
  ContainerSeen found = Made();
  found.found = true;
  EXPECT_EQ(Only<ResumeLaunch>(engine.OnEvent(found, Time{}))[0].container, "launched");
  EXPECT_EQ(engine.Hidden().size(), 1u);
  // If it has started, only the steps after a start remain.
  Engine later{Options{}};
  later.OnEvent(SandboxSeen{bench_.pod(), bench_.sandbox(), {}, false, true}, Time{});
  ContainerSeen running = found;
  running.state = RunState::kRunning;
  running.started = true;
  EXPECT_TRUE(Only<ResumeLaunch>(later.OnEvent(running, Time{}))[0].started);
  // Not in a pod that is being deleted; kubelet then sees it like any other.
  Engine dying{Options{}};
  dying.OnEvent(SandboxSeen{bench_.pod(), bench_.sandbox(), {}, false, true}, Time{});
  dying.OnEvent(PodTerminating{bench_.pod()}, Time{});
  EXPECT_TRUE(Only<ResumeLaunch>(dying.OnEvent(found, Time{})).empty());
  EXPECT_TRUE(dying.Hidden().empty());
  // And not in a sandbox that is not ready any more.
  Engine late{Options{}};
  late.OnEvent(SandboxSeen{bench_.pod(), bench_.sandbox(), {}, false, false}, Time{});
  EXPECT_TRUE(Only<ResumeLaunch>(late.OnEvent(found, Time{})).empty());
}

// containerd completes a CreateContainer whose caller has cancelled it, and kubelet
// creates another attempt.
TEST(LaunchAhead, ContainerWithANewerAttemptIsNotResumed) {
  Bench bench({Main("a"), Sidecar("b", 10)}, kNever);
  bench.Run("b:runs");
  ContainerSeen left_behind;
  left_behind.container = "left-behind";
  left_behind.sandbox = bench.sandbox();
  left_behind.name = "a";
  left_behind.by_shim = true;
  left_behind.found = true;
  ContainerSeen successor = left_behind;
  successor.container = "a-1";
  successor.attempt = 1;
  successor.by_shim = false;
  successor.found = false;
  bench.Send(successor);
  bench.Send(ContainerStarted{successor.container});
  EXPECT_TRUE(Only<ResumeLaunch>(bench.Send(left_behind)).empty());
  EXPECT_TRUE(bench.engine().Hidden().empty()) << "kubelet must be able to collect it";
  bench.Send(ContainerExited{successor.container, 0, bench.RuntimeNow()});
  bench.Run("stop:b");
}

// A process can exit before the response to its StartContainer arrives.
TEST(LaunchAhead, ExitBeforeTheStartResponseCounts) {
  ContainerSpec blocker = Main("b", 10);
  blocker.readiness_probe = ProbeSpec{};
  Bench bench({Main("a"), blocker}, kAlways);
  bench.Run("a:refused b:created");
  const ContainerId b = bench.Container("b").id;
  bench.Send(ContainerExited{b, 1, bench.RuntimeNow()});
  bench.Run("idle");
  bench.Send(ContainerStarted{b});
  bench.Run("launch:a");
}

TEST(LaunchAhead, NewestRequestIsRemembered) {
  Bench bench({Main("a"), Main("b", 10)}, kAlways);
  for (int i = 0; i < 3; ++i) {
    const auto refused = Only<RefuseCreate>(bench.Create("a"));
    ASSERT_EQ(refused.size(), 1u);
    EXPECT_TRUE(refused[0].remember);
  }
  EXPECT_EQ(bench.engine().HeldCount(), 1u);
  bench.Run("b:runs");
  bench.Run("launch:a idle");
}

std::string LaunchReason(const Bench& bench) {
  for (const Note& note : bench.notes()) {
    if (note.kind == Note::Kind::kLaunchAhead) return note.text;
  }
  return "";
}

// Who reads the log must not take a timeout for a sidecar that is up.
TEST(LaunchAhead, NoteNamesTheTimeoutOnlyIfItWasTheReason) {
  Bench timeout({Main("a"), Main("b", 10)}, kAlways);
  timeout.Run("a:refused +5m launch:a");
  EXPECT_EQ(LaunchReason(timeout), "its launch timeout is over");
  Bench in_time({Main("a"), Main("b", 10)}, kAlways);
  in_time.Run("a:refused b:runs launch:a");
  EXPECT_EQ(LaunchReason(in_time), "the containers it waited for are up");
}

}  // namespace
}  // namespace sidecar_shim::policy
