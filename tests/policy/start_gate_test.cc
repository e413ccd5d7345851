// The gate at StartContainer, for users of crictl, who create and start containers in
// any order. No spec source knows such pods.
#include <gtest/gtest.h>

#include "policy/priority.h"
#include "tests/policy/bench.h"

namespace sidecar_shim::policy {
namespace {

ContainerSeen Created(const std::string& name) {
  ContainerSeen seen;
  seen.container = ContainerId(name);
  seen.name = name;
  seen.sandbox = SandboxId("sandbox");
  return seen;
}

TEST(StartGate, Scenarios) {
  const struct {
    const char* what;
    std::vector<ContainerSpec> containers;
    const char* script;
  } kScenarios[] = {
      {"the lower priority waits for the higher",
       {Main("a"), Main("b", 10)},
       "a:created b:created a:held b:starts a:answered"},
      {"starts in priority order do not wait",
       {Main("a"), Main("b", 10)},
       "a:created b:created b:starts a:starts"},
      {"a container that was not created is not waited for",
       {Main("a"), Main("b", 10)},
       "a:created a:starts b:created b:starts"},
      {"the start fails at the deadline",
       {Main("a"), Main("b", 10)},
       "a:created b:created a:held +2m a:failed"},
      {"three levels",
       {Main("a", -1), Main("b"), Main("c", 10)},
       "a:created b:created c:created a:held b:held c:starts b:answered"},
      {"the higher priority is removed",
       {Main("a"), Main("b", 10)},
       "a:created b:created a:held b:gone a:answered"},
      {"the higher priority ran before",
       {Main("a"), Main("b", 10)},
       "b:runs b:exit=0 a:created b:created a:starts b:starts"},
      {"equal priorities", {Main("a", 3), Main("b", 3)}, "a:created b:created a:starts b:starts"},
      {"a restart is not held", {Main("a"), Main("b", 10)}, "a:runs a:exit=0 b:created a:created a:starts"},
      {"the shim restarts in between",
       {Main("a"), Main("b", 10)},
       "a:created b:created newshim a:held b:starts a:answered"},
  };
  for (const auto& scenario : kScenarios) {
    SCOPED_TRACE(scenario.what);
    Bench bench = Bench::WithoutSpec(scenario.containers, false);
    bench.Run(scenario.script);
  }
}

TEST(StartGate, MessageSaysWhatToDo) {
  Bench bench = Bench::WithoutSpec({Main("a"), Main("b", 10)}, false);
  bench.Run("a:created b:created");
  const auto failed = Only<FailStart>(bench.Send(StartRequested{77, bench.Container("a").id, bench.now()}));
  ASSERT_EQ(failed.size(), 1u) << "at the deadline the call fails at once";
  EXPECT_EQ(
      failed[0].message,
      "sidecar-shim: launch order: \"a\" (priority 0) waits for \"b\" (priority 10), which is created but "
      "was never started. Start that one first, or remove it.");
}

TEST(StartGate, DoesNotHoldWhatTheCreateGateAdmitted) {
  // The launch timeout has admitted it although the blocker cannot be started.
  Options options;
  options.launch_ahead = false;
  Bench bench({Main("a"), Main("b", 10)}, RestartPolicy::kAlways, {}, options);
  bench.Run("b:created a:refused +5m a:runs");
}

TEST(StartGate, CancelledStartIsForgotten) {
  Bench bench = Bench::WithoutSpec({Main("a"), Main("b", 10)}, false);
  bench.Run("a:created b:created");
  bench.Send(StartRequested{77, bench.Container("a").id, bench.now() + std::chrono::hours(1)});
  bench.Send(CallCancelled{77});
  EXPECT_TRUE(Only<ForwardStart>(bench.Send(ContainerStarted{bench.Container("b").id})).empty());
  EXPECT_EQ(bench.engine().NextWakeup(), std::nullopt);
}

TEST(StartGate, StoppedOrRemovedSandboxForwardsHeldStarts) {
  for (bool gone : {false, true}) {
    Bench bench = Bench::WithoutSpec({Main("a"), Main("b", 10)}, false);
    bench.Run("a:created b:created a:held");
    if (gone) {
      bench.Send(SandboxGone{bench.sandbox()});
    } else {
      bench.Send(SandboxStopping{bench.sandbox()});
    }
    bench.Run("a:answered");  // the runtime then reports the error
  }
}

TEST(StartGate, OrderedUsesTheOrderOfTheCreates) {
  Engine engine{Options{}};
  const PodRef pod{"ns", "pod", "uid"};
  engine.OnEvent(SandboxSeen{pod, "sandbox", {{std::string(kOrderedAnnotation), "Ordered"}}, false, true},
                 Time{});
  engine.OnEvent(Created("first"), Time{});
  engine.OnEvent(Created("second"), Time{});
  EXPECT_TRUE(engine.OnEvent(StartRequested{1, "second", Time{Duration{99}}}, Time{}).empty());
  EXPECT_EQ(Only<ForwardStart>(engine.OnEvent(StartRequested{2, "first", Time{Duration{99}}}, Time{})).size(),
            1u);
  EXPECT_EQ(Only<ForwardStart>(engine.OnEvent(ContainerStarted{"first"}, Time{}))[0].call, 1u);
}

}  // namespace
}  // namespace sidecar_shim::policy
