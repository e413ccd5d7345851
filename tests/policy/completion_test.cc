// When the main containers of a pod are complete, so that its sidecars are stopped.
#include "tests/policy/scenario.h"

namespace sidecar_shim::policy {
namespace {

ContainerSpec Restarts(ContainerSpec container, RestartPolicy policy, std::vector<RestartRule> rules = {}) {
  container.own_restart_policy = policy;
  container.restart_rules = std::move(rules);
  return container;
}

TEST(Completion, WithASpec) {
  RunAll({
      {"Never, success",
       {Main("m"), Sidecar("s")},
       kNever,
       "m:runs s:runs nostop m:exit=0 note:complete stop:s"},
      {"Never, failure", {Main("m"), Sidecar("s")}, kNever, "m:runs s:runs m:exit=3 stop:s"},
      {"Never, all main containers",
       {Main("m"), Main("n"), Sidecar("s")},
       kNever,
       "m:runs n:runs s:runs m:exit=0 nostop n:exit=1 stop:s"},
      {"Never, a main not created yet",
       {Main("m"), Main("n"), Sidecar("s")},
       kNever,
       "m:runs s:runs m:exit=0 +1h nostop n:runs n:exit=0 stop:s"},
      {"Never, a main created, not started",
       {Main("m"), Main("n"), Sidecar("s")},
       kNever,
       "m:runs s:runs n:created m:exit=0 +1h nostop n:starts n:exit=0 stop:s"},
      {"OnFailure, success", {Main("m"), Sidecar("s")}, kOnFailure, "m:runs s:runs m:exit=0 stop:s"},
      {"OnFailure, failure then success",
       {Main("m"), Sidecar("s")},
       kOnFailure,
       "m:runs s:runs m:exit=1 +1h nostop m:runs nostop m:exit=0 stop:s"},
      {"Always", {Main("m"), Sidecar("s")}, kAlways, "m:runs s:runs m:exit=0 +1h nostop"},
      {"sidecars only", {Sidecar("s"), Sidecar("t")}, kNever, "s:runs t:runs s:exit=0 +1h nostop"},
      {"no sidecar", {Main("m"), Main("n")}, kNever, "m:runs n:runs m:exit=0 n:exit=0 +1h nostop"},
      {"containers that the spec does not list do not count",
       {Main("m"), Sidecar("s")},
       kNever,
       "init:runs init:exit=0 m:runs s:runs debug:runs m:exit=0 stop:s"},
      {"unknown policy, no job labels",
       {Main("m"), Sidecar("s")},
       kUnknown,
       "m:runs s:runs m:exit=0 +1h nostop"},
      {"a changed exit code from the runtime counts, as for kubelet",
       {Main("m"), Sidecar("s")},
       kOnFailure,
       "m:runs s:runs m:exit=0 stop:s m:recorded=255 ended:s=143 m:runs s:runs m:exit=0 stop:s"},
      {"a main with its own restartPolicy Always",
       {Restarts(Main("m"), kAlways), Sidecar("s")},
       kNever,
       "m:runs s:runs m:exit=0 +1h nostop"},
      {"a main with its own restartPolicy Never",
       {Restarts(Main("m"), kNever), Sidecar("s")},
       kOnFailure,
       "m:runs s:runs m:exit=1 stop:s"},
      {"a main with restart rules",
       {Restarts(Main("m"), kNever, {{false, {7, 8}}}), Sidecar("s")},
       kNever,
       "m:runs s:runs m:exit=7 +1h nostop m:runs m:exit=1 stop:s"},
      {"a main whose rules restart all exit codes but one",
       {Restarts(Main("m"), kNever, {{true, {42}}}), Sidecar("s")},
       kNever,
       "m:runs s:runs m:exit=0 +1h nostop m:runs m:exit=42 stop:s"},
      {"an exit that kubelet caused is final after the grace period",
       {Main("m"), Sidecar("s")},
       kNever,
       "m:runs s:runs m:crash +29s nostop +1s stop:s"},
      {"found by a new shim", {Main("m"), Sidecar("s")}, kNever, "m:runs s:runs newshim m:exit=0 stop:s"},
      {"complete while no shim ran",
       {Main("m"), Sidecar("s")},
       kNever,
       "m:runs s:runs m:exit=0 stop:s newshim stop:s"},
  });
}

TEST(Completion, DisabledPodIsNotCompleted) {
  Bench bench({Main("m"), Sidecar("s")}, kNever, {{std::string(kEnabledAnnotation), "false"}});
  bench.Run("m:runs s:runs m:exit=0 +1h nostop");
  EXPECT_FALSE(bench.engine().HasRunningSidecars());
}

TEST(Completion, WithoutASpec) {
  const struct {
    const char* what;
    bool job_labels;
    const char* script;
  } kScenarios[] = {
      {"no job", false, "m:runs s:runs +10s m:exit=0 +1h nostop"},
      {"quiet period over", true, "m:runs s:runs +10s m:exit=0 stop:s"},
      {"quiet period not over", true, "m:runs s:runs m:exit=0 +2900ms nostop +100ms stop:s"},
      {"another main is created", true, "m:runs s:runs m:exit=0 +2s n:runs +1h nostop n:exit=0 stop:s"},
      {"a failed main may restart", true, "m:runs s:runs +10s m:exit=1 +29s nostop +1s stop:s"},
      {"a failed main restarts", true,
       "m:runs s:runs +10s m:exit=1 +20s m:runs +1h nostop m:exit=0 +3s stop:s"},
      {"sidecars only", true, "s:runs s:exit=0 +1h nostop"},
  };
  for (const auto& scenario : kScenarios) {
    SCOPED_TRACE(scenario.what);
    Bench bench = Bench::WithoutSpec({Main("m"), Main("n"), Sidecar("s")}, scenario.job_labels);
    bench.Run(scenario.script);
  }
}

TEST(Completion, WithoutASpecPendingPullsDelayCompletion) {
  Bench bench = Bench::WithoutSpec({Main("m"), Sidecar("s")}, true);
  bench.Run("m:runs s:runs +10s");
  bench.Send(PullStarted{bench.pod(), "slow"});
  bench.Run("m:exit=0 +1h nostop");
  bench.Send(PullEnded{bench.pod(), "slow", false});
  bench.Run("+5m nostop");
  bench.Send(PullStarted{bench.pod(), "slow"});
  bench.Send(PullEnded{bench.pod(), "slow", true});
  bench.Run("+2s nostop +1s stop:s");
}

TEST(Completion, LateSpecDecides) {
  Bench bench = Bench::WithoutSpec({Main("m"), Sidecar("s")}, false);
  bench.Run("m:runs s:runs m:exit=0 +1h nostop");
  bench.Send(SpecReceived{bench.pod(), {"api", {Main("m"), Sidecar("s")}, kNever}});
  bench.Run("stop:s");
}

TEST(Completion, StampedSpecNeverReplacesASource) {
  Bench bench = Bench::WithoutSpec({Main("m"), Sidecar("s")}, false);
  bench.Run("m:runs s:runs m:exit=0");
  const std::vector<ContainerSpec> both = {Main("m"), Sidecar("s")};
  bench.Send(SpecReceived{bench.pod(), {"api", both, kAlways}});
  bench.Send(SpecReceived{bench.pod(), {"stamp", both, kNever}});
  bench.Run("nostop");
  bench.Send(SpecReceived{bench.pod(), {"api", both, kNever}});
  bench.Run("stop:s");
}

TEST(Completion, StampedSpecIsPreferredToALessCompleteOne) {
  const std::vector<ContainerSpec> both = {Main("m"), Sidecar("s")};
  const PodSpec stamp{"stamp", both, kNever};
  PodSpec names{"podresources", {Main("m"), Main("s")}};
  names.names_only = true;
  const PodSpec annotation{"annotation", both};
  for (const PodSpec& less : {names, annotation}) {
    SCOPED_TRACE(less.source);
    for (const bool stamp_first : {false, true}) {
      Bench bench = Bench::WithoutSpec({Main("m"), Sidecar("s")}, false);
      bench.Run("m:runs s:runs m:exit=0");
      bench.Send(SpecReceived{bench.pod(), stamp_first ? stamp : less});
      bench.Send(SpecReceived{bench.pod(), stamp_first ? less : stamp});
      bench.Run("stop:s");
    }
  }
}

TEST(Completion, DuplicateAndLateEventsAreIgnored) {
  Bench bench({Main("m"), Sidecar("s")}, kNever);
  bench.Run("m:runs s:runs m:exit=0 stop:s");
  const RuntimeContainer main = bench.Container("m");
  bench.Send(ContainerExited{main.id, 0, main.finished_at});
  bench.Send(ContainerStarted{main.id});
  bench.Send(SandboxSeen{bench.pod(), bench.sandbox(), {}, false, true});
  bench.Run("nostop");
  EXPECT_EQ(bench.engine().FindContainer(main.id)->state, RunState::kExited);
}

}  // namespace
}  // namespace sidecar_shim::policy
