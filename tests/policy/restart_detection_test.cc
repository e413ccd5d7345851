// Containers that kubelet stops in order to restart them: with their sandbox, for a
// new image, or all containers of the pod (KEP-5532). Their exits are not final.
#include "policy/restart_detection.h"

#include <optional>

#include "tests/policy/scenario.h"

namespace sidecar_shim::policy {
namespace {

ContainerSpec RestartsAll(ContainerSpec container) {
  container.own_restart_policy = kNever;
  container.restart_rules = {{false, {7}}};
  return container;
}

TEST(RestartDetection, ContainerStoppedWithItsSandboxBlocksInTheNext) {
  const struct {
    const char* what;
    const char* hooked;  // whose preStop hook runs before its stop is seen
    const char* script;
  } kCases[] = {
      {"stopped with the sandbox", "", "b:stopped-by-caller b:exit=0 +1s newsandbox a:refused b:runs a:runs"},
      {"stopped long before: complete", "", "b:stopped-by-caller b:exit=0 +1h newsandbox a:runs"},
      {"the other container's preStop hook runs long", "a",
       "b:stopped-by-caller b:exit=0 +30s a:stopped-by-caller a:exit=1 newsandbox a:refused b:runs a:runs"},
      {"the other container has no preStop hook", "b",
       "b:stopped-by-caller b:exit=0 +30s a:stopped-by-caller a:exit=1 newsandbox a:runs"},
      {"longer than the grace period allows a hook", "a",
       "b:stopped-by-caller b:exit=0 +40s a:stopped-by-caller a:exit=1 newsandbox a:runs"},
  };
  for (const auto& c : kCases) {
    SCOPED_TRACE(c.what);
    Bench bench({Main("a"), Main("b", 10)}, kOnFailure, {}, NoLaunchAhead());
    if (*c.hooked != 0) bench.set_pre_stop(c.hooked);
    bench.Run("b:runs a:runs");
    bench.Run(c.script);
  }
}

// A sandbox is recreated; main exits with 0, the sidecar with 143.
constexpr char kLost[] = "m:stopped-by-caller s:stopped-by-caller m:exit=0 s:exit=143 newsandbox ";

TEST(RestartDetection, HeldMainInANewSandboxIsNotComplete) {
  Bench bench({Main("m"), Probed(Sidecar("s", 10))}, kOnFailure);
  bench.Run("s:runs s:ready m:runs");
  bench.Run(kLost);
  bench.Run("m:refused s:runs +4m nostop s:ready launch:m +1h nostop m:exit=0 stop:s");
}

TEST(RestartDetection, MainThatKubeletCreatesLateIsNotComplete) {
  Bench bench({Main("m"), Sidecar("s", 10)}, kOnFailure);
  bench.Run("s:runs m:runs m:stopped-by-caller s:stopped-by-caller m:exit=0 s:exit=0");
  bench.Send(SandboxStopping{bench.sandbox()});
  bench.Run("+1h");
  EXPECT_EQ(bench.engine().NextWakeup(), std::nullopt) << "without a sandbox kubelet cannot request it";
  bench.Run("newsandbox s:runs +29s nostop m:runs +1h nostop m:exit=0 stop:s");
}

TEST(RestartDetection, MainThatKubeletDoesNotRecreateIsComplete) {
  Bench bench({Main("m"), Sidecar("s", 10)}, kOnFailure);
  bench.Run("s:runs m:runs");
  bench.Run(kLost);
  bench.Run("s:runs +29s nostop +1s stop:s ended:s=143 masked:s");
}

TEST(RestartDetection, MainWhoseNewImageIsPulledIsNotComplete) {
  for (const bool fails_first : {false, true}) {
    Bench bench({Main("m"), Sidecar("s", 10)}, kNever);
    bench.Run("s:runs m:runs m:stopped-by-caller m:exit=143 +1s");
    bench.Send(PullStarted{bench.pod(), "new"});
    if (fails_first) {
      bench.Send(PullEnded{bench.pod(), "new", false});
      bench.Run("+5m nostop");
      bench.Send(PullStarted{bench.pod(), "new"});
    }
    bench.Run("+1h nostop");
    bench.Send(PullEnded{bench.pod(), "new", true});
    bench.Run("+29s nostop m:runs +1h nostop m:exit=0 stop:s ended:s=143 masked:s");
  }
}

// For example because another pod has pulled the image in the meantime.
TEST(RestartDetection, PullThatFailedLongAgoIsNotWaitedFor) {
  Bench bench({Main("m"), Sidecar("s", 10)}, kNever);
  bench.Send(PullStarted{bench.pod(), "image"});
  bench.Send(PullEnded{bench.pod(), "image", false});
  bench.Run("s:runs m:runs m:stopped-by-caller m:exit=143 +7m stop:s");

  Bench unknown = Bench::WithoutSpec({Main("m"), Sidecar("s")}, true);
  unknown.Send(PullStarted{unknown.pod(), "image"});
  unknown.Send(PullEnded{unknown.pod(), "image", false});
  unknown.Run("m:runs s:runs m:exit=0 +5m nostop +2m stop:s");
}

TEST(RestartDetection, FinalExitStaysFinal) {
  Bench late({Main("m"), Sidecar("s", 10)}, kNever);
  late.Run("s:runs m:runs m:exit=0 stop:s m:stopped-by-caller s:stopped-by-caller ended:s=143 masked:s");

  Bench bench({Main("m"), Sidecar("s", 10), Sidecar("t", 20)}, kNever);
  bench.Run("t:runs s:runs m:runs m:stopped-by-caller m:exit=1 +30s stop:s");
  bench.Send(PullStarted{bench.pod(), "for a sidecar"});
  bench.Run("ended:s=143 masked:s stop:t ended:t=143 masked:t");
}

TEST(RestartDetection, ShortGracePeriodLeavesKubeletEnoughTime) {
  Bench bench({Main("m"), Sidecar("s")}, kNever);
  bench.set_grace_seconds(1);
  bench.Run("m:runs s:runs m:crash +4900ms nostop +100ms stop:s");
}

// kubelet decides what to create in a new sandbox before it kills the old containers
// (computePodActions). A container that then exits with 0 is created once, without a
// retry.
TEST(RestartDetection, ContainerThatKubeletCreatesOnceIsNotRefused) {
  Bench bench({Main("m"), Sidecar("s", 10)}, kOnFailure, {}, NoLaunchAhead());
  bench.Run("s:runs m:runs");
  bench.Run(kLost);
  bench.Run("m:runs note:inversion");

  Bench failed({Main("m"), Sidecar("s", 10)}, kOnFailure, {}, NoLaunchAhead());
  failed.Run("s:runs m:runs m:stopped-by-caller s:stopped-by-caller m:exit=1 s:exit=143 newsandbox");
  failed.Run("m:refused s:runs m:runs");

  Bench remembered({Main("m"), Sidecar("s", 10)}, kOnFailure);
  remembered.Run("s:runs m:runs");
  remembered.Run(kLost);
  remembered.Run("m:refused s:runs launch:m");

  Bench always({Main("m"), Sidecar("s", 10)}, kAlways, {}, NoLaunchAhead());
  always.Run("s:runs m:runs");
  always.Run(kLost);
  always.Run("m:refused s:runs m:runs");
}

// kubelet acts on that decision only in the SyncPod that creates the sandbox, and
// only if the pod has no init containers.
TEST(RestartDetection, ContainerThatKubeletDoesNotRecreateIsNoBlocker) {
  for (const bool launch_ahead : {false, true}) {
    SCOPED_TRACE(launch_ahead);
    const Options options = launch_ahead ? Options{} : NoLaunchAhead();
    const char* go = launch_ahead ? "t:runs launch:m" : "t:runs m:runs";
    const char* lost =
        "s:runs t:runs m:runs m:stopped-by-caller s:stopped-by-caller t:stopped-by-caller m:exit=1 t:exit=1 "
        "s:exit=0 newsandbox ";
    Bench never_requested({Main("m"), Main("t", 5), Sidecar("s", 10)}, kOnFailure, {}, options);
    never_requested.Run(lost);
    never_requested.Run("m:refused t:refused m:refused");
    never_requested.Run(go);

    Bench requested({Main("m"), Main("t", 5), Probed(Sidecar("s", 10))}, kOnFailure, {}, options);
    requested.Run("s:runs s:ready t:runs m:runs m:stopped-by-caller s:stopped-by-caller t:stopped-by-caller");
    requested.Run("m:exit=1 t:exit=1 s:exit=0 newsandbox m:refused t:refused s:runs");
    requested.Run("m:refused t:refused m:refused t:refused m:refused");

    Bench cannot_be_made({Main("m"), Main("t", 5), Sidecar("s", 10)}, kOnFailure, {}, options);
    cannot_be_made.Run(lost);
    cannot_be_made.Run("m:refused t:refused");
    EXPECT_EQ(Only<AdmitCreate>(cannot_be_made.Create("s", 1)).size(), 1u);
    cannot_be_made.Send(CreateFailed{cannot_be_made.sandbox(), "s", /*by_shim=*/false});
    cannot_be_made.Run("m:refused");
    cannot_be_made.Run(go);

    Bench fails({Main("m"), Main("t", 5), Sidecar("s", 10)}, kOnFailure, {}, options);
    fails.Run("s:runs t:runs m:runs m:stopped-by-caller s:stopped-by-caller t:stopped-by-caller");
    fails.Run("m:exit=1 t:exit=1 s:exit=143 newsandbox m:refused t:refused m:refused t:refused m:refused");
  }
}

TEST(RestartDetection, UnknownRestartPolicyCompletesOnlyJobContainers) {
  for (const bool job : {false, true}) {
    SCOPED_TRACE(job);
    const std::vector<ContainerSpec> both = {Main("a"), Main("b", 10)};
    Bench bench = Bench::WithoutSpec(both, job, NoLaunchAhead());
    bench.Send(SpecReceived{bench.pod(), {"annotation", both}});
    bench.Run("b:runs a:runs b:exit=0 newsandbox");
    bench.Run(job ? "a:runs" : "a:refused b:runs a:runs");
  }
}

TEST(RestartDetection, MainThatRestartedAfterAFailureWillRestartAgain) {
  const std::vector<ContainerSpec> both = {Main("m"), Sidecar("s")};
  Bench bench = Bench::WithoutSpec(both, true);
  bench.Run("m:runs s:runs +10s m:exit=1 +20s m:runs m:exit=1 +6m nostop m:runs m:exit=0 +3s stop:s");

  Bench found = Bench::WithoutSpec(both, true);
  found.Run("m:runs s:runs m:exit=1 m:runs m:exit=1 newshim +6m nostop m:runs m:exit=0 +3s stop:s");

  Bench killed = Bench::WithoutSpec(both, true);
  killed.Run("m:runs s:runs m:crash m:runs m:crash +6m nostop m:runs m:exit=0 +3s stop:s");

  // It restarted for another reason: a new image or a rule for that exit code.
  Bench does_not = Bench::WithoutSpec(both, true);
  does_not.Run("m:runs s:runs m:exit=7 m:runs m:exit=1 +6m nostop +1m stop:s ended:s=143 masked:s");
}

// Under Never kubelet would not have recreated the sandbox.
TEST(RestartDetection, FailedMainRestartsInANewSandboxUnderUnknownPolicy) {
  const std::vector<ContainerSpec> both = {Main("m"), Sidecar("s")};
  Bench bench = Bench::WithoutSpec(both, true);
  bench.Send(SpecReceived{bench.pod(), {"annotation", both}});
  bench.Run("s:runs m:runs s:stopped-by-caller m:stopped-by-caller s:exit=143 m:exit=143 newsandbox");
  bench.Run("+1h s:runs nostop +1h m:runs m:exit=0 stop:s");
}

// The runtime may report it later than its successor.
TEST(RestartDetection, ContainerOfAnOlderSandboxIsNeverTheNewest) {
  Bench bench({Main("m"), Sidecar("s")}, kOnFailure);
  const SandboxId old = bench.sandbox();
  bench.Run("newsandbox m:runs s:runs");
  ContainerSeen late;
  late.container = "late";
  late.sandbox = old;
  late.name = "m";
  late.attempt = 9;
  late.found = true;
  late.state = RunState::kExited;
  late.started = true;
  late.exit_code = 255;
  bench.Send(late);
  bench.Run("nostop m:exit=0 stop:s");
}

TEST(RestartDetection, RestartAllContainersIsOrderedAgain) {
  const std::vector<ContainerSpec> containers = {RestartsAll(Main("m")), Sidecar("s", 10)};
  Bench bench(containers, kNever, {}, NoLaunchAhead());
  bench.Run("s:runs m:runs m:exit=7 s:stopped-by-caller +9s s:exit=0 m:gone s:gone");
  bench.Run("m:refused s:runs m:runs m:exit=0 stop:s");

  Bench with_ephemeral(containers, kNever, {}, NoLaunchAhead());
  with_ephemeral.Run("s:runs m:runs debug:runs m:exit=7 s:stopped-by-caller s:exit=0 m:gone s:gone");
  with_ephemeral.Run("m:refused s:runs m:runs m:exit=0 stop:s");

  Bench one_by_one(containers, kNever, {}, NoLaunchAhead());
  one_by_one.Run("s:runs m:runs m:exit=7 m:gone m:runs");

  Bench collected_later(containers, kNever, {}, NoLaunchAhead());
  collected_later.Run("s:runs m:runs m:exit=7 s:exit=0 +1h m:gone s:gone m:runs");
}

// Also if another container's exit triggers it.
TEST(RestartDetection, MainContainersOfRestartAllContainersAreNotComplete) {
  Bench bench({Main("m"), RestartsAll(Main("x")), Sidecar("s", 10)}, kNever);
  bench.Run("s:runs m:runs x:runs x:exit=0 m:stopped-by-caller m:exit=143 s:stopped-by-caller s:exit=143");
  bench.Run("m:gone x:gone s:gone s:runs +1h nostop m:runs x:runs m:exit=0 x:exit=0 stop:s");
}

}  // namespace
}  // namespace sidecar_shim::policy
