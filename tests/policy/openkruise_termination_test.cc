// OpenKruise's test scenarios for job sidecar termination: ST-E.. are its end-to-end
// tests, ST-T.. its unit tests, ST-N.. what it does not test. Not applicable here:
//
//   scenario                                 why
//   BroadcastJob (ST-E5..E7)                 a kind of owner; the pods are those of ST-E1, E3, E4
//                                            and run here as such
//   in-place strategy (commented out),       virtual-kubelet nodes have no containerd
//   virtual-kubelet Never and OnFailure
//   phase patched before the kill            phases are kubelet's; exits are masked instead
//   event handler: pod Succeeded             kubelet has stopped the sandbox then
//   ContainerRecreateRequest                 no such object
//   mixed IGNORE with an existing CRR        the same
#include <gtest/gtest.h>

#include "policy/settings.h"
#include "tests/policy/scenario.h"

namespace sidecar_shim::policy {
namespace {

ContainerSpec Ignores(ContainerSpec container) {
  container.traits.ignore_exit_code = true;
  return container;
}

const std::vector<ContainerSpec> kPair = {Main("main"), Sidecar("side")};
const std::vector<ContainerSpec> kTwoAndTwo = {Main("m"), Main("n"), Sidecar("s"), Sidecar("t")};

const Labelled kScenarios[] = {
    {"ST-E1", "Job Never, main succeeds", kPair, kNever,
     "main:runs side:runs +5s nostop main:exit=0 stop:side ended:side=0"},
    {"ST-E2",
     "Job Never, the sidecar ends with 137 and IGNORE",
     {Main("main"), Ignores(Sidecar("side"))},
     kNever,
     "main:runs side:runs main:exit=0 stop:side ended:side=137 masked:side"},
    {"ST-E3", "Job OnFailure, main fails: kubelet runs it again, nothing is stopped", kPair, kOnFailure,
     "main:runs side:runs main:exit=1 main:runs main:exit=1 +1h nostop plain:main"},
    {"ST-E4", "Job OnFailure, main succeeds", kPair, kOnFailure,
     "main:runs side:runs main:exit=0 stop:side ended:side=143 masked:side"},
    {"ST-E5", "BroadcastJob Never, as ST-E1", kPair, kNever, "side:runs main:runs main:exit=0 stop:side"},
    {"ST-E6", "BroadcastJob OnFailure, main fails, as ST-E3", kPair, kOnFailure,
     "side:runs main:runs main:exit=1 +1h nostop"},
    {"ST-E7", "BroadcastJob OnFailure, main succeeds, as ST-E4", kPair, kOnFailure,
     "side:runs main:runs main:exit=0 stop:side"},

    {"ST-T1", "Never: main not completed", kPair, kNever, "main:runs side:runs +1h nostop"},
    {"ST-T2", "Never: main failed with 137, sidecar running", kPair, kNever,
     "main:runs side:runs main:exit=137 stop:side"},
    {"ST-T3", "Never: main failed, sidecar failed", kPair, kNever,
     "main:runs side:runs side:exit=1 +1s main:exit=1 +1h nostop plain:main plain:side"},
    {"ST-T4", "Never: main succeeded, sidecar running", kPair, kNever,
     "main:runs side:runs main:exit=0 stop:side"},
    {"ST-T5", "OnFailure: main not completed", kPair, kOnFailure, "main:runs side:runs +1h nostop"},
    {"ST-T6", "OnFailure: main failed, sidecar succeeded", kPair, kOnFailure,
     "main:runs side:runs side:exit=0 main:exit=1 +1h nostop"},
    {"ST-T7", "OnFailure: main succeeded, sidecar succeeded", kPair, kOnFailure,
     "main:runs side:runs side:exit=0 main:exit=0 +1h nostop"},
    {"ST-T8", "OnFailure: 2 main containers ok, 2 sidecars not started yet: stopped when they do", kTwoAndTwo,
     kOnFailure, "m:runs n:runs m:exit=0 n:exit=0 nostop s:runs stop:s t:runs stop:t"},
    {"ST-T9", "OnFailure: 2 main containers ok, 2 sidecars running", kTwoAndTwo, kOnFailure,
     "m:runs n:runs s:runs t:runs m:exit=0 n:exit=0 stop:s,t"},
    {"ST-T10", "OnFailure: 2 main containers ok, one of 2 sidecars completed", kTwoAndTwo, kOnFailure,
     "m:runs n:runs s:runs t:runs s:exit=0 m:exit=0 n:exit=0 stop:t"},
    {"ST-T11", "OnFailure: 1 of 2 main containers not done", kTwoAndTwo, kOnFailure,
     "m:runs n:runs s:runs t:runs m:exit=0 +1h nostop"},
    {"ST-T12",
     "OnFailure: third sidecar with IGNORE: all three are stopped at the same time",
     {Main("m"), Sidecar("s"), Sidecar("t"), Ignores(Sidecar("u"))},
     kOnFailure,
     "m:runs s:runs t:runs u:runs m:exit=0 stop:s,t,u"},
    {"ST-T13",
     "OnFailure: the normal two completed, the one with IGNORE running",
     {Main("m"), Sidecar("s"), Sidecar("t"), Ignores(Sidecar("u"))},
     kOnFailure,
     "m:runs s:runs t:runs u:runs s:exit=0 t:exit=0 m:exit=0 stop:u ended:u=137 masked:u"},
    {"ST-T14", "event handler: pending and Always pods", kPair, kAlways,
     "main:runs side:runs main:exit=0 +1h nostop"},
    {"ST-T15", "event handler: completed -> completed", kPair, kNever,
     "main:runs side:runs main:exit=0 stop:side ended:side=0 +1h nostop"},
    {"ST-T17", "event handler: only the sidecar completed", kPair, kNever,
     "main:runs side:runs side:exit=0 +1h nostop"},
    {"ST-T18", "event handler: found with main done and sidecar running", kPair, kNever,
     "main:runs side:runs main:exit=0 newshim stop:side,side"},
    {"ST-T19", "event handler: found with both running", kPair, kNever,
     "main:runs side:runs newshim +1h nostop"},
    {"ST-T20", "isInterestingPod: Never with exit 127", kPair, kNever,
     "main:runs side:runs main:exit=127 stop:side"},

    {"ST-N1",
     "two sidecars with priorities: lowest first, within one grace period",
     {Sidecar("s", 2), Sidecar("t", 1), Main("m")},
     kNever,
     "s:runs t:runs m:runs m:exit=0 stop:t ended:t=143 stop:s ended:s=143"},
    {"ST-N2", "OpenKruise #1366: OnFailure, sidecar exits with 137: masked, so not restarted", kPair,
     kOnFailure,
     "main:runs side:runs main:exit=0 stop:side ended:side=137 masked:side newshim masked:side nostop"},
    {"ST-N3", "a sidecar that never started does not delay the others", kTwoAndTwo, kNever,
     "m:runs n:runs s:runs t:created m:exit=0 n:exit=0 stop:s"},
    {"ST-N4", "a crash-looping sidecar", kPair, kOnFailure,
     "main:runs side:runs side:exit=1 plain:side main:exit=0 nostop side:runs stop:side ended:side=1 "
     "masked:side"},
    {"ST-N5", "the daemon is down when main ends", kPair, kOnFailure,
     "main:runs side:runs newshim main:exit=0 stop:side newshim stop:side ended:side=143 masked:side"},
    {"ST-N6", "a pod of sidecars only", {Sidecar("s"), Sidecar("t")}, kNever, "s:runs t:runs +1h nostop"},
    {"ST-N7",
     "both features: the sidecar of higher priority starts first and ends",
     {Main("main"), Sidecar("side", 10)},
     kOnFailure,
     "main:refused side:runs launch:main main:exit=0 stop:side ended:side=143 masked:side"},
    {"ST-N8", "native sidecars and ephemeral containers are not stopped", kPair, kNever,
     "native:runs main:runs side:runs debug:runs main:exit=0 stop:side"},
    {"ST-N9", "a failed stop is retried, unlike in OpenKruise", kPair, kNever,
     "main:runs side:runs main:exit=0 stop:side stopfails:side +1s stop:side"},
};

class OpenKruiseTermination : public testing::TestWithParam<Labelled> {};

TEST_P(OpenKruiseTermination, Scenario) { RunAll({GetParam().scenario}); }

INSTANTIATE_TEST_SUITE_P(OpenKruise, OpenKruiseTermination, testing::ValuesIn(kScenarios), LabelOf);

}  // namespace
}  // namespace sidecar_shim::policy
