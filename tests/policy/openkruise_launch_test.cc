// OpenKruise's test scenarios for launch priority: LP-E.. are its end-to-end tests,
// LP-T.. its unit tests, LP-N.. what it does not test. Not applicable here:
//
//   scenario                                why
//   in-place updates (LP-U1..U6)            its workload controllers order these; a node sees a
//                                           killed container and a restart, which is never gated
//   in-place patch, all variants            the same
//   util: GetKey, GeneratePriorityEnv,      names of ConfigMap keys; no ConfigMap here
//       wrong prefix, too short key, panic
//   TestShouldEnqueue: completed            no annotation of that kind: a new sandbox is ordered again
//       annotation with a container unready
//   same-name pod re-created,               nothing is kept under a pod's name or in the API server
//       ConfigMap lost, manager down
//   readiness flap between levels           a container that was ready once does not block
//                                           again; later probe results do not reach the policy
#include <gtest/gtest.h>

#include "policy/priority.h"
#include "policy/settings.h"
#include "tests/policy/scenario.h"

namespace sidecar_shim::policy {
namespace {

ContainerSpec Hooked(ContainerSpec container) {
  container.post_start = TriState::kYes;
  return container;
}

ContainerSpec WithBarrier(ContainerSpec container) {
  container.traits.barrier = true;
  return container;
}

ContainerSpec ValueFrom(ContainerSpec container) {
  container.traits.priority = Priority{Priority::Kind::kUnresolved, 0, {}};
  return container;
}

const Annotations kOrdered = {{std::string(kOrderedAnnotation), "Ordered"}};

const Labelled kScenarios[] = {
    {"LP-E1",
     "c1 without env, c2 with 10 and a postStart hook: c1 after c2",
     {Main("c1"), Hooked(Main("c2", 10))},
     kAlways,
     "c1:refused c2:runs idle c1:runs idle"},
    {"LP-E2",
     "the same through a Deployment: the pod's owner does not matter",
     {Hooked(Main("c1")), Hooked(Main("c2", 10))},
     kAlways,
     "c1:refused c2:runs idle c1:runs"},
    {"LP-E3",
     "no priority: spec order, nothing added",
     {Main("c1"), Main("c2")},
     kAlways,
     "c1:runs c2:runs idle"},
    {"LP-E4",
     "Ordered with three containers",
     {Hooked(Main("c1")), Hooked(Main("c2")), Main("c3")},
     kAlways,
     "c2:refused c3:refused c1:runs idle c2:runs idle c3:runs idle",
     kOrdered},

    {"LP-T1",
     "webhook: no annotation, no env",
     {Main("a"), Main("b"), Main("c")},
     kAlways,
     "c:runs b:runs a:runs"},
    {"LP-T2",
     "webhook: Ordered is 0, -1, -2",
     {Main("a"), Main("b"), Main("c")},
     kAlways,
     "c:refused b:refused a:runs launch:b launch:c",
     kOrdered},
    {"LP-T3", "reconcile: one container with 100", {Main("a", 100)}, kAlways, "a:runs"},
    {"LP-T4",
     "reconcile: 100 and 1000, the 1000 first",
     {Main("a", 100), Main("b", 1000)},
     kAlways,
     "a:refused b:runs launch:a"},
    {"LP-T5",
     "findNext: of two equal ones only one is up",
     {Main("a", 1), Main("b", 5), Main("c", 5)},
     kAlways,
     "b:runs a:refused c:runs launch:a"},
    {"LP-T6",
     "handle: nothing up, only the highest may",
     {Main("p5", 5), Main("p3", 3), Main("q3", 3), Main("p0"), Main("m1", -1)},
     kAlways,
     "m1:refused p0:refused q3:refused p3:refused p5:runs launch:p3 launch:q3 launch:p0 launch:m1 idle"},
    {"LP-T7",
     "handle: one of two 3s up",
     {Main("p5", 5), Main("p3", 3), Main("q3", 3), Main("p0")},
     kAlways,
     "p5:runs p3:runs p0:refused q3:runs launch:p0"},
    {"LP-T8",
     "handle: only the lowest left",
     {Main("p5", 5), Main("m1", -1)},
     kAlways,
     "p5:runs m1:runs idle"},
    {"LP-T9",
     "handle: a container without barrier beside others with one",
     {WithBarrier(Main("a", 5)), Main("b")},
     kAlways,
     "b:runs a:runs"},
    {"LP-T10",
     "shouldEnqueue: level complete, the next missing",
     {Main("a", 5), Main("b", 3), Main("c", 1)},
     kAlways,
     "c:refused a:runs c:refused b:runs launch:c"},
    {"LP-T11",
     "shouldEnqueue: each run twice changes nothing",
     {Main("a"), Main("b", 3)},
     kAlways,
     "a:refused a:refused b:runs launch:a idle"},
    {"LP-T12",
     "util: priorities valid, negative, zero, none",
     {Main("a", -3), Main("b", 0), Main("c"), Main("d", 3)},
     kAlways,
     "a:refused b:refused c:refused d:runs launch:b launch:c launch:a"},

    {"LP-N1",
     "a parse error is refused, where OpenKruise rejects the pod",
     {Main("a"), WithPriorityEnv("b", "ten")},
     kAlways,
     "b:refused a:refused +1h b:refused"},
    {"LP-N2", "an empty value", {Main("a"), WithPriorityEnv("b", "")}, kAlways, "b:refused"},
    {"LP-N3",
     "int64 overflow",
     {Main("a"), WithPriorityEnv("b", "9223372036854775808")},
     kAlways,
     "b:refused"},
    {"LP-N4",
     "outside 32 bits, which OpenKruise accepts",
     {Main("a"), WithPriorityEnv("b", "4294967296")},
     kAlways,
     "b:refused"},
    {"LP-N5",
     "valueFrom, which OpenKruise rejects: read from the create",
     {Main("a"), ValueFrom(Main("b"))},
     kAlways,
     "a:refused"},
    {"LP-N6",
     "Ordered together with envs: the envs are ignored",
     {Main("a", 1), Main("b", 9)},
     kAlways,
     "b:refused a:runs launch:b",
     kOrdered},
    {"LP-N7",
     "run to completion at a high level",
     {Main("a"), Main("setup", 10)},
     kOnFailure,
     "a:refused setup:runs setup:exit=0 launch:a"},
    {"LP-N8",
     "the docs' own example: init 10 echoes and ends",
     {Main("main"), Main("sidecar", 5), Main("init", 10)},
     kAlways,
     "main:refused sidecar:refused init:runs init:exit=0 launch:sidecar launch:main idle"},
    {"LP-N9",
     "a restart is not ordered",
     {Main("a"), Main("b", 10)},
     kAlways,
     "b:runs a:runs b:exit=1 a:exit=1 a:runs b:runs idle"},
    {"LP-N10",
     "a recreated sandbox is ordered again",
     {Main("a"), Main("b", 10)},
     kAlways,
     "b:runs a:runs newsandbox a:refused b:runs launch:a"},
    {"LP-N11",
     "a node reboot: another sandbox and another shim",
     {Main("a"), Main("b", 10)},
     kAlways,
     "b:runs a:runs newsandbox newshim a:refused b:runs launch:a"},
    {"LP-N12",
     "the daemon restarts between two levels",
     {Main("a"), Main("b", 5), Main("c", 10)},
     kNever,
     "a:refused b:refused c:runs launch:b newshim idle a:runs"},
    {"LP-N13",
     "ephemeral and native sidecar containers are not counted",
     {Main("a"), Main("b", 10)},
     kAlways,
     "native:runs debugger:runs a:refused b:runs launch:a"},
    {"LP-N14",
     "a high level that never comes up",
     {Main("a"), Main("b", 10)},
     kAlways,
     "a:refused +5m note:timeout launch:a"},
    {"LP-N15",
     "both features: a short main exits before a lower level opens",
     {Main("m", 9), Sidecar("s"), Sidecar("t", 5)},
     kNever,
     "s:refused t:refused m:runs m:exit=0 launch:t stop:t ended:t=143 launch:s stop:s ended:s=143 masked:s "
     "masked:t"},
};

class OpenKruiseLaunch : public testing::TestWithParam<Labelled> {};

TEST_P(OpenKruiseLaunch, Scenario) { RunAll({GetParam().scenario}); }

INSTANTIATE_TEST_SUITE_P(OpenKruise, OpenKruiseLaunch, testing::ValuesIn(kScenarios), LabelOf);

}  // namespace
}  // namespace sidecar_shim::policy
