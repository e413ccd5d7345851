// Masking: the exit of a flagged sidecar at or after completion is reported as 0.
#include "tests/policy/scenario.h"

namespace sidecar_shim::policy {
namespace {

TEST(Mask, Scenarios) {
  RunAll({
      {"a stopped sidecar",
       {Main("m"), Sidecar("s")},
       kOnFailure,
       "m:runs s:runs m:exit=0 stop:s ended:s=143 masked:s"},
      {"a killed sidecar",
       {Main("m"), Sidecar("s")},
       kNever,
       "m:runs s:runs m:exit=1 stop:s ended:s=137 masked:s"},
      {"a main container is never masked",
       {Main("m"), Sidecar("s")},
       kNever,
       "m:runs s:runs m:exit=1 plain:m"},
      {"a sidecar that exited before completion",
       {Main("m"), Sidecar("s")},
       kNever,
       "m:runs s:runs s:exit=1 plain:s +1s m:exit=0 plain:s"},
      {"a sidecar that exited between two main containers",
       {Main("m"), Main("n"), Sidecar("s")},
       kNever,
       "m:runs n:runs s:runs m:exit=0 +1s s:exit=1 plain:s +1s n:exit=0 plain:s"},
      {"a sidecar that exits by itself after completion",
       {Main("m"), Sidecar("s")},
       kNever,
       "m:runs s:runs m:exit=0 +10ms s:exit=1 masked:s"},
      {"at the same time", {Main("m"), Sidecar("s")}, kNever, "m:runs s:runs m:exit=0 s:exit=1 masked:s"},
      {"the main container will restart",
       {Main("m"), Sidecar("s")},
       kOnFailure,
       "m:runs s:runs m:exit=1 s:exit=1 plain:s"},
      {"Always", {Main("m"), Sidecar("s")}, kAlways, "m:runs s:runs m:exit=0 s:exit=1 plain:s"},
      {"during the drain delay",
       {Main("m"), Sidecar("s")},
       kNever,
       "m:runs s:runs m:exit=0 +1s s:exit=1 masked:s"},
      {"the same after a restart of the shim",
       {Main("m"), Sidecar("s"), Sidecar("t")},
       kNever,
       "m:runs s:runs t:runs t:exit=3 +1s m:exit=0 stop:s ended:s=143 newshim masked:s plain:t"},
      {"the first attempt exited before completion, the second was stopped",
       {Main("m"), Sidecar("s")},
       kOnFailure,
       "m:runs s:runs s:exit=1 plain:s s:runs +1s m:exit=0 stop:s ended:s=143 masked:s"},
      {"a pod of sidecars",
       {Sidecar("s"), Sidecar("t")},
       kNever,
       "s:runs t:runs s:exit=1 t:exit=1 plain:s plain:t"},
  });
}

TEST(Mask, AppliesBeforeTheStopIsSent) {
  Bench bench({Main("m"), Sidecar("s")}, kNever, {{std::string(kDrainDelayAnnotation), "1h"}});
  bench.Run("m:runs s:runs m:exit=0 nostop");
  EXPECT_TRUE(bench.engine().IsMasked(bench.Container("s").id, bench.RuntimeNow(), bench.now()));
}

TEST(Mask, FollowsTheNodesMaskMode) {
  ContainerSpec on_request = Sidecar("a");
  on_request.traits.ignore_exit_code = true;
  for (MaskMode mode : {MaskMode::kAlways, MaskMode::kOnRequest, MaskMode::kNever}) {
    Options options;
    options.mask = mode;
    Bench bench({Main("m"), Sidecar("s"), on_request}, kNever, {}, options);
    bench.Run("m:runs s:runs a:runs m:exit=0 stop:a,s ended:s=143 ended:a=143");
    bench.Run(mode == MaskMode::kAlways ? "masked:s" : "plain:s");
    bench.Run(mode == MaskMode::kNever ? "plain:a" : "masked:a");
    EXPECT_EQ(bench.engine().MayMask(bench.Container("s").id), mode != MaskMode::kNever);
    EXPECT_FALSE(bench.engine().MayMask(bench.Container("m").id));
  }
  Bench off({Main("m"), Sidecar("s")}, kNever, {{std::string(kEnabledAnnotation), "false"}});
  off.Run("m:runs s:runs m:exit=0 s:exit=143 plain:s");
  EXPECT_FALSE(off.engine().IsMasked("unknown", At(1), Time{Duration{1}}));
}

TEST(Mask, WithoutASpec) {
  const struct {
    const char* what;
    const char* script;
  } kScenarios[] = {
      {"a stopped sidecar", "m:runs s:runs +10s m:exit=0 stop:s ended:s=143 masked:s"},
      {"another sidecar starts and exits in the meantime",
       "m:runs s:runs +10s m:exit=0 stop:s ended:s=143 t:runs masked:s stop:t ended:t=1 masked:s masked:t"},
      {"the shim restarts",
       "m:runs s:runs +10s m:exit=0 stop:s ended:s=143 +1s newshim masked:s +1h masked:s"},
      {"the shim restarts after a failed main",
       "m:runs s:runs +10s m:exit=1 +30s stop:s ended:s=143 newshim masked:s +1h masked:s"},
      {"the main container may restart", "m:runs s:runs +10s m:exit=1 +1s s:exit=1 plain:s newshim plain:s"},
      {"the main container has restarted", "m:runs s:runs +10s m:exit=1 +1s s:exit=1 m:runs newshim plain:s"},
      {"another main container is created later",
       "m:runs s:runs +10s m:exit=0 stop:s ended:s=143 masked:s n:runs plain:s"},
  };
  for (const auto& scenario : kScenarios) {
    SCOPED_TRACE(scenario.what);
    Bench bench = Bench::WithoutSpec({Main("m"), Main("n"), Sidecar("s"), Sidecar("t")}, true);
    bench.Run(scenario.script);
  }
}

}  // namespace
}  // namespace sidecar_shim::policy
