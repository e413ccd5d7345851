// Termination of sidecars: order, grace period, retries.
#include "tests/policy/scenario.h"

namespace sidecar_shim::policy {
namespace {

using std::chrono::milliseconds;
using std::chrono::seconds;

constexpr RestartPolicy kNever = RestartPolicy::kNever, kOnFailure = RestartPolicy::kOnFailure;

Actions TickWhenDue(Bench& bench) {
  return bench.engine().OnEvent(Tick{}, bench.engine().NextWakeup().value());
}

TEST(Termination, Scenarios) {
  ContainerSpec stubborn = Sidecar("t");
  stubborn.own_restart_policy = RestartPolicy::kAlways;
  ContainerSpec ruled = Sidecar("t");
  ruled.own_restart_policy = kNever;
  ruled.restart_rules = {{/*any_but=*/false, {0}}};
  RunAll({
      {"all sidecars of a level at the same time",
       {Main("m"), Sidecar("s"), Sidecar("t")},
       kNever,
       "m:runs s:runs t:runs m:exit=0 stop:s,t"},
      {"lowest priority first",
       {Main("m"), Sidecar("s", 5), Sidecar("t", -5), Sidecar("u")},
       kNever,
       "s:runs u:runs m:runs t:runs m:exit=0 stop:t ended:t=143 stop:u ended:u=0 stop:s ended:s=137 idle"},
      {"a level exits before the next is stopped",
       {Main("m"), Sidecar("s"), Sidecar("t"), Sidecar("u", 1)},
       kNever,
       "u:runs m:runs s:runs t:runs m:exit=0 stop:s,t ended:s=0 nostop ended:t=0 stop:u"},
      {"priorities of main containers do not matter",
       {Main("m", 9), Sidecar("s", 5)},
       kNever,
       "m:runs s:runs m:exit=0 stop:s"},
      {"exited sidecars are not stopped",
       {Main("m"), Sidecar("s"), Sidecar("t")},
       kNever,
       "m:runs s:runs t:runs s:exit=1 m:exit=0 stop:t"},
      {"once only", {Main("m"), Sidecar("s")}, kNever, "m:runs s:runs m:exit=0 stop:s +30m nostop"},
      {"a failed stop is retried",
       {Main("m"), Sidecar("s")},
       kNever,
       "m:runs s:runs m:exit=0 stop:s stopfails:s +900ms nostop +100ms stop:s stopfails:s +1s nostop +1s "
       "stop:s "
       "ended:s=143 +1h nostop"},
      {"a failed stop keeps the next level waiting",
       {Main("m"), Sidecar("s"), Sidecar("t", 1)},
       kNever,
       "t:runs m:runs s:runs m:exit=0 stop:s stopfails:s nostop +1s stop:s ended:s=0 stop:t"},
      {"a sidecar that starts after completion is stopped",
       {Main("m"), Sidecar("s"), Sidecar("t")},
       kNever,
       "m:runs s:runs m:exit=0 stop:s ended:s=0 t:created nostop t:starts stop:t"},
      {"a crash-looping sidecar is stopped after its restart",
       {Main("m"), Sidecar("s")},
       kOnFailure,
       "m:runs s:runs s:exit=1 m:exit=0 nostop +1m s:runs stop:s"},
      {"not stopped: kubelet restarts it whatever its exit code",
       {Main("m"), Sidecar("s"), stubborn},
       kNever,
       "m:runs s:runs t:runs m:exit=0 stop:s"},
      {"not stopped: a rule restarts it after success",
       {Main("m"), Sidecar("s"), ruled},
       kNever,
       "m:runs s:runs t:runs m:exit=0 stop:s"},
      {"a restarted shim stops again",
       {Main("m"), Sidecar("s")},
       kNever,
       "m:runs s:runs m:exit=0 stop:s newshim stop:s"},
      {"a restarted shim continues with the next level",
       {Main("m"), Sidecar("s"), Sidecar("t", 1)},
       kNever,
       "t:runs m:runs s:runs m:exit=0 stop:s ended:s=143 stop:t newshim stop:t ended:t=143 idle"},
      {"a flagged native sidecar is not stopped",
       {Main("m"), Sidecar("s")},
       kNever,
       "n:runs m:runs s:runs m:exit=0 stop:s"},
  });
}

TEST(Termination, SidecarThatKubeletStopsIsLeftToKubelet) {
  Bench bench({Main("m"), Sidecar("s")}, kNever);
  bench.Run("m:runs s:runs");
  bench.Send(ExternalStopStarted{bench.Container("s").id});
  bench.Run("m:exit=0 +1h nostop");
}

TEST(Termination, CancelledExternalStopIsTakenOver) {
  Bench bench({Main("m"), Sidecar("s")}, kNever);
  bench.Run("m:runs s:runs");
  const ContainerId id = bench.Container("s").id;
  bench.Send(ExternalStopStarted{id});
  bench.Run("m:exit=0 nostop");
  bench.Send(ExternalStopEnded{id, /*ok=*/false});
  bench.Run("stop:s");
}

TEST(Termination, SuccessfulExternalStopIsNotRepeated) {
  Bench bench({Main("m"), Sidecar("s")}, kNever);
  bench.Run("m:runs s:runs");
  const ContainerId id = bench.Container("s").id;
  bench.Send(ExternalStopStarted{id});
  bench.Send(ExternalStopEnded{id, /*ok=*/true});
  bench.Run("m:exit=0 nostop");
}

TEST(Termination, DrainDelayContinuesAfterARestart) {
  Bench bench({Main("m"), Sidecar("s")}, kNever, {{std::string(kDrainDelayAnnotation), "10s"}});
  bench.Run("m:runs s:runs m:exit=0 +6s newshim +3900ms nostop +100ms stop:s");
}

TEST(Termination, DrainDelayPrecedesTheStop) {
  Bench bench({Main("m"), Sidecar("s")}, kNever, {{std::string(kDrainDelayAnnotation), "10s"}});
  bench.Run("m:runs s:runs m:exit=0 +9s nostop +1s stop:s");
  Options options;
  options.drain_delay = seconds(2);
  Bench node({Main("m"), Sidecar("s")}, kNever, {}, options);
  node.Run("m:runs s:runs m:exit=0 +1s nostop +1s stop:s");
}

// The drain delay is not part of the grace period.
TEST(Termination, LevelsShareThePodsGracePeriod) {
  Bench bench({Main("m"), Sidecar("s"), Sidecar("t", 1), Sidecar("u", 2)}, kNever);
  bench.Run("u:runs t:runs m:runs s:runs m:exit=0 stop:s +12s ended:s=0 stop:t +30s ended:t=137 stop:u");
  EXPECT_EQ(bench.graces().at(bench.Container("s").id), seconds(30));
  EXPECT_EQ(bench.graces().at(bench.Container("t").id), seconds(18));
  EXPECT_EQ(bench.graces().at(bench.Container("u").id), seconds(2)) << "never less than kubelet's minimum";

  Bench none({Main("m"), Sidecar("s")}, kNever);
  none.set_grace_seconds(0);
  none.Run("m:runs s:runs m:exit=0 stop:s");
  EXPECT_EQ(none.graces().at(none.Container("s").id), seconds(2));

  Bench drained({Main("m"), Sidecar("s")}, kNever, {{std::string(kDrainDelayAnnotation), "1m"}});
  drained.Run("m:runs s:runs m:exit=0 +1m stop:s");
  EXPECT_EQ(drained.graces().at(drained.Container("s").id), seconds(30));
}

TEST(Termination, RetriesBackOffToTheMaximum) {
  Bench bench({Main("m"), Sidecar("s")}, kNever);
  bench.Run("m:runs s:runs m:exit=0 stop:s");
  for (int expected : {1, 2, 4, 8, 10, 10, 10}) {
    bench.Run("stopfails:s nostop");
    EXPECT_EQ(*bench.engine().NextWakeup() - bench.now(), seconds(expected));
    bench.Pass(seconds(expected) - milliseconds(1));
    bench.Run("nostop +1ms stop:s");
  }
}

TEST(Termination, PreStopHookRunsOnce) {
  Bench bench({Main("m"), Sidecar("s")}, kNever);
  bench.Run("m:runs s:runs");
  const RuntimeContainer sidecar = bench.Container("s");
  const auto first =
      Only<StopSidecar>(bench.Send(ContainerExited{bench.Container("m").id, 0, bench.RuntimeNow()}));
  ASSERT_EQ(first.size(), 1u);
  EXPECT_TRUE(first[0].run_pre_stop);
  bench.Send(SidecarStopEnded{sidecar.id, false, true});
  const auto second = Only<StopSidecar>(TickWhenDue(bench));
  ASSERT_EQ(second.size(), 1u);
  EXPECT_FALSE(second[0].run_pre_stop);
}

TEST(Termination, SuccessfulStopWithoutAnExitIsRetried) {
  Bench bench({Main("m"), Sidecar("s")}, kNever);
  bench.Run("m:runs s:runs m:exit=0 stop:s");
  bench.Send(SidecarStopEnded{bench.Container("s").id, true, true});
  bench.Run("+1s stop:s");
}

TEST(Termination, ExitsMatterOnlyWhileASidecarRuns) {
  Bench bench({Main("m"), Sidecar("s")}, kNever);
  bench.Run("m:runs");
  EXPECT_FALSE(bench.engine().HasRunningSidecars());
  bench.Run("s:runs");
  EXPECT_TRUE(bench.engine().HasRunningSidecars());
  bench.Run("m:exit=0 stop:s ended:s=0");
  EXPECT_FALSE(bench.engine().HasRunningSidecars());
}

}  // namespace
}  // namespace sidecar_shim::policy
