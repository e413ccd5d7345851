// What a blocker must have reached before the next container is admitted: passed
// probes, a completed postStart hook, or only a start.
#include "policy/settings.h"
#include "tests/policy/scenario.h"

namespace sidecar_shim::policy {
namespace {

ContainerSpec Hooked(ContainerSpec container, TriState hook) {
  container.post_start = hook;
  return container;
}

const Annotations kRunningGate = {{std::string(kLaunchGateAnnotation), "running"}};

TEST(Readiness, Scenarios) {
  RunAll({
      {"launched when the probe passes",
       {Main("a"), Probed(Main("b", 10))},
       kAlways,
       "a:refused b:created probe: b:starts probe:b idle a:refused b:ready probe: launch:a idle"},
      {"the higher one first in spec",
       {Probed(Main("b", 10)), Main("a")},
       kAlways,
       "b:runs probe: a:refused probe:b b:ready launch:a"},
      {"ready before the next container is created",
       {Probed(Main("b", 10)), Main("a")},
       kAlways,
       "b:runs b:ready a:runs probe:"},
      {"kubelet retries after the pass",
       {Main("a"), Probed(Main("b", 10))},
       kAlways,
       "a:refused b:runs b:ready launch:a idle"},
      {"launch-gate: running needs only a start",
       {Main("a"), Probed(Main("b", 10))},
       kAlways,
       "a:refused b:runs probe: launch:a",
       kRunningGate},
      {"a blocker without probes needs only a start",
       {Probed(Main("a")), Main("b", 10)},
       kAlways,
       "a:refused b:runs probe: launch:a"},
      {"whole levels",
       {Main("a"), Probed(Main("b", 10)), Main("c", 10), Probed(Main("d", 10))},
       kAlways,
       "a:refused b:runs c:runs d:runs probe:b,d d:ready probe:b idle b:ready launch:a"},
      {"level by level",
       {Probed(Main("a")), Probed(Main("b", 5)), Probed(Main("c", 10))},
       kAlways,
       "a:refused b:refused c:runs probe:c c:ready launch:b probe:b idle b:ready launch:a probe: idle"},
      {"a blocker that exits before it is ready stops blocking",
       {Main("a"), Probed(Main("b", 10))},
       kAlways,
       "a:refused b:runs b:exit=1 probe: launch:a"},
      {"its next attempt does not block either",
       {Main("a"), Main("z"), Probed(Main("b", 10))},
       kAlways,
       "a:refused b:runs b:exit=1 launch:a b:runs z:runs"},
      {"the launch timeout applies",
       {Main("a"), Probed(Main("b", 10))},
       kAlways,
       "a:refused b:runs probe:b +5m note:timeout launch:a probe:"},
      {"a new sandbox is probed again",
       {Main("a"), Probed(Main("b", 10))},
       kAlways,
       "a:refused b:runs b:ready launch:a newsandbox a:refused b:runs idle a:refused b:ready launch:a"},
      {"a restarted shim probes again",
       {Main("a"), Probed(Main("b", 10))},
       kAlways,
       "b:runs newshim a:refused probe:b b:ready launch:a"},
      {"a restarted shim without spec sources reads stamped probes",
       {Main("a"), Probed(Main("b", 10))},
       kAlways,
       "a:refused b:runs newshim:nospec a:refused probe:b idle b:ready launch:a"},
      {"the sandbox is replaced while a container is held",
       {Main("a"), Probed(Main("b", 10))},
       kAlways,
       "a:refused b:runs probe:b newsandbox probe: idle"},
      {"a hook has completed once kubelet creates the next container",
       {Main("a"), Hooked(Main("b", 10), TriState::kYes)},
       kAlways,
       "a:refused b:runs idle a:runs"},
      {"a hook and a probe: ready first",
       {Main("a"), Probed(Hooked(Main("b", 10), TriState::kYes))},
       kAlways,
       "a:refused b:runs b:ready idle b:hooked launch:a"},
      {"a hook and a probe: hook first",
       {Main("a"), Probed(Hooked(Main("b", 10), TriState::kYes))},
       kAlways,
       "a:refused b:runs b:hooked idle b:ready launch:a"},
      {"readiness from kubelet implies a completed hook",
       {Main("a"), Probed(Hooked(Main("b", 10), TriState::kYes))},
       kAlways,
       "a:refused b:runs b:kubelet-ready launch:a"},
      {"suspected teardown: ready too late",
       {Main("a"), Probed(Main("b", 10))},
       kAlways,
       "a:refused b:runs probe:b b:stopped-by-caller probe: b:ready idle"},
      {"suspected teardown: the blocker exits",
       {Main("a"), Probed(Main("b", 10))},
       kAlways,
       "a:refused b:runs b:stopped-by-caller b:exit=143 +34s idle"},
      {"suspected teardown: kubelet restarts",
       {Main("a"), Probed(Main("b", 10))},
       kAlways,
       "a:refused b:runs b:stopped-by-caller b:stop-cancelled b:exit=143 +34s idle"},
      {"suspected teardown: refuted after the delay",
       {Main("a"), Probed(Main("b", 10))},
       kAlways,
       "a:refused b:runs b:stopped-by-caller b:exit=143 idle +35s launch:a"},
      {"a deleted pod whose blocker's preStop hook runs long",
       {Main("a"), Probed(Main("b", 10))},
       kAlways,
       "a:refused b:runs probe:b deleted probe: b:ready idle +10m idle"},
      {"a deleted pod: kubelet's own create is admitted",
       {Main("a"), Probed(Main("b", 10))},
       kAlways,
       "a:refused b:runs deleted b:ready idle a:runs"},
      {"a container that kubelet has stopped does not prevent other probes",
       {Main("a"), Probed(Main("b", 10)), Probed(Main("c", 100))},
       kNever,
       "a:refused b:refused c:runs c:stopped-by-caller c:exit=1 b:runs probe:b b:ready idle a:runs"},
      {"suspected teardown: kubelet's own create is admitted",
       {Main("a"), Probed(Main("b", 10))},
       kAlways,
       "a:refused b:runs b:stopped-by-caller b:exit=143 a:runs"},
      {"a stopped blocker that restarts",
       {Main("a"), Probed(Main("b", 10))},
       kAlways,
       "a:refused b:runs b:stopped-by-caller b:exit=143 idle b:runs launch:a"},
      {"a hook that returns",
       {Main("a"), Hooked(Main("b", 10), TriState::kYes)},
       kAlways,
       "a:refused b:runs idle b:hooked launch:a"},
      {"a hook that cannot be ruled out",
       {Main("a"), Hooked(Main("b", 10), TriState::kUnknown)},
       kAlways,
       "a:refused b:runs idle a:runs"},
      {"launch-gate: running does not wait for hooks",
       {Main("a"), Hooked(Main("b", 10), TriState::kYes)},
       kAlways,
       "a:refused b:runs launch:a",
       kRunningGate},
  });
}

TEST(Readiness, RefusalNamesReadiness) {
  Bench bench({Main("a"), Probed(Main("b", 10))}, kAlways);
  bench.Run("a:refused");
  const std::string first = bench.refusal();
  EXPECT_EQ(first,
            "sidecar-shim: launch order: \"a\" (priority 0) waits for \"b\" (priority 10) to be ready");
  bench.Run("b:runs a:refused");
  EXPECT_EQ(bench.refusal(), first) << "kubelet aggregates only events with the same message";
}

TEST(Readiness, RefusalHasARetryHintIfNoEventWillFollow) {
  const char* const kHint = "; network is not ready";
  Bench hooked({Hooked(Main("a"), TriState::kYes), Probed(Main("b", 10))}, kAlways);
  hooked.Run("a:refused");
  EXPECT_THAT(hooked.refusal(), testing::EndsWith(kHint)) << "cannot be launched ahead";
  Bench launched({Main("a"), Probed(Main("b", 10))}, kAlways);
  launched.Run("a:refused");
  EXPECT_THAT(launched.refusal(), testing::Not(testing::HasSubstr(kHint)));
  Bench unprobed({Hooked(Main("a"), TriState::kYes), Main("b", 10)}, kAlways);
  unprobed.Run("a:refused");
  EXPECT_THAT(unprobed.refusal(), testing::Not(testing::HasSubstr(kHint))) << "a start is an event";
}

TEST(Readiness, MalformedAnnotationKeepsTheDefault) {
  Options options;
  options.launch_gate = LaunchGate::kRunning;
  std::vector<std::string> warnings;
  const auto read = [&](const char* text) {
    return ReadPodSettings(options, {{std::string(kLaunchGateAnnotation), text}}, warnings).launch_gate;
  };
  EXPECT_EQ(read("ready"), LaunchGate::kReady);
  EXPECT_TRUE(warnings.empty());
  EXPECT_EQ(read("Ready"), LaunchGate::kRunning);
  EXPECT_EQ(warnings.size(), 1u);
}

}  // namespace
}  // namespace sidecar_shim::policy
