// What a container of higher priority must have reached before the next one
// goes: its probes, its postStart hook, or no more than a start.
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
      {"ready before anybody asked",
       {Probed(Main("b", 10)), Main("a")},
       kAlways,
       "b:runs b:ready a:runs probe:"},
      {"kubelet retries after the pass",
       {Main("a"), Probed(Main("b", 10))},
       kAlways,
       "a:refused b:runs b:ready launch:a idle"},
      {"no more than a start is asked for",
       {Main("a"), Probed(Main("b", 10))},
       kAlways,
       "a:refused b:runs probe: launch:a",
       kRunningGate},
      {"one without probes counts once it runs",
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
      {"one that ends before it was ready blocks no longer",
       {Main("a"), Probed(Main("b", 10))},
       kAlways,
       "a:refused b:runs b:exit=1 probe: launch:a"},
      {"and its next attempt does not either",
       {Main("a"), Main("z"), Probed(Main("b", 10))},
       kAlways,
       "a:refused b:runs b:exit=1 launch:a b:runs z:runs"},
      {"the launch timeout holds here too",
       {Main("a"), Probed(Main("b", 10))},
       kAlways,
       "a:refused b:runs probe:b +5m note:timeout launch:a probe:"},
      {"a new sandbox asks anew",
       {Main("a"), Probed(Main("b", 10))},
       kAlways,
       "a:refused b:runs b:ready launch:a newsandbox a:refused b:runs idle a:refused b:ready launch:a"},
      {"a new shim asks again",
       {Main("a"), Probed(Main("b", 10))},
       kAlways,
       "b:runs newshim a:refused probe:b b:ready launch:a"},
      {"and knows the probes if nothing else tells it of the pod",
       {Main("a"), Probed(Main("b", 10))},
       kAlways,
       "a:refused b:runs newshim:blind a:refused probe:b idle b:ready launch:a"},
      {"the sandbox goes while somebody is held",
       {Main("a"), Probed(Main("b", 10))},
       kAlways,
       "a:refused b:runs probe:b newsandbox probe: idle"},
      {"a hook is over when kubelet goes on",
       {Main("a"), Hooked(Main("b", 10), TriState::kYes)},
       kAlways,
       "a:refused b:runs idle a:runs"},
      {"a hook and a probe: both",
       {Main("a"), Probed(Hooked(Main("b", 10), TriState::kYes))},
       kAlways,
       "a:refused b:runs b:ready idle b:hooked launch:a"},
      {"a hook and a probe, the other way round",
       {Main("a"), Probed(Hooked(Main("b", 10), TriState::kYes))},
       kAlways,
       "a:refused b:runs b:hooked idle b:ready launch:a"},
      {"what kubelet itself calls ready has its hook behind it",
       {Main("a"), Probed(Hooked(Main("b", 10), TriState::kYes))},
       kAlways,
       "a:refused b:runs b:kubelet-ready launch:a"},
      {"a pod that is taken down: ready too late",
       {Main("a"), Probed(Main("b", 10))},
       kAlways,
       "a:refused b:runs probe:b b:stopped-by-caller probe: b:ready idle"},
      {"a pod that is taken down: its blocker ends",
       {Main("a"), Probed(Main("b", 10))},
       kAlways,
       "a:refused b:runs b:stopped-by-caller b:exit=143 +34s idle"},
      {"a pod that is taken down: kubelet restarted meanwhile",
       {Main("a"), Probed(Main("b", 10))},
       kAlways,
       "a:refused b:runs b:stopped-by-caller b:stop-given-up b:exit=143 +34s idle"},
      {"a pod that was not taken down after all",
       {Main("a"), Probed(Main("b", 10))},
       kAlways,
       "a:refused b:runs b:stopped-by-caller b:exit=143 idle +35s launch:a"},
      {"a pod that is deleted, whose blocker's hook takes its time",
       {Main("a"), Probed(Main("b", 10))},
       kAlways,
       "a:refused b:runs probe:b deleted probe: b:ready idle +10m idle"},
      {"a pod that is deleted: kubelet's own word is enough here too",
       {Main("a"), Probed(Main("b", 10))},
       kAlways,
       "a:refused b:runs deleted b:ready idle a:runs"},
      {"one that kubelet has stopped for good does not keep the others from being probed",
       {Main("a"), Probed(Main("b", 10)), Probed(Main("c", 100))},
       kNever,
       "a:refused b:refused c:runs c:stopped-by-caller c:exit=1 b:runs probe:b b:ready idle a:runs"},
      {"kubelet's own word is enough",
       {Main("a"), Probed(Main("b", 10))},
       kAlways,
       "a:refused b:runs b:stopped-by-caller b:exit=143 a:runs"},
      {"a blocker that was stopped and comes again",
       {Main("a"), Probed(Main("b", 10))},
       kAlways,
       "a:refused b:runs b:stopped-by-caller b:exit=143 idle b:runs launch:a"},
      {"a hook that is seen to return",
       {Main("a"), Hooked(Main("b", 10), TriState::kYes)},
       kAlways,
       "a:refused b:runs idle b:hooked launch:a"},
      {"a hook that cannot be ruled out",
       {Main("a"), Hooked(Main("b", 10), TriState::kUnknown)},
       kAlways,
       "a:refused b:runs idle a:runs"},
      {"no hook is waited for where a start is enough",
       {Main("a"), Hooked(Main("b", 10), TriState::kYes)},
       kAlways,
       "a:refused b:runs launch:a",
       kRunningGate},
  });
}

TEST(Readiness, TheRefusalSaysWhatIsWaitedFor) {
  Bench bench({Main("a"), Probed(Main("b", 10))}, kAlways);
  bench.Run("a:refused");
  const std::string first = bench.refusal();
  EXPECT_EQ(first,
            "sidecar-shim: launch order: \"a\" (priority 0) waits for \"b\" (priority 10) to be ready");
  bench.Run("b:runs a:refused");
  EXPECT_EQ(bench.refusal(), first) << "kubelet merges events of the same words only";
}

TEST(Readiness, KubeletIsAskedToHurryWhereNoEventWillFollow) {
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

TEST(Readiness, AMalformedAnnotationLeavesTheDefault) {
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
