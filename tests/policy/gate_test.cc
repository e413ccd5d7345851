// The gate at CreateContainer: which containers are refused, with which message and
// for how long.
#include "policy/gate.h"

#include "tests/policy/scenario.h"

namespace sidecar_shim::policy {
namespace {

ContainerSpec WithBarrier(ContainerSpec container) {
  container.traits.barrier = true;
  return container;
}

TEST(Gate, TimedOutContainerIsNotHeldAgain) {
  Bench bench({Main("a"), Main("b", 10)}, kAlways, {}, NoLaunchAhead());
  bench.Run("a:refused +5m note:timeout");
  // Admitted, but the runtime does not have its image yet.
  EXPECT_EQ(Only<AdmitCreate>(bench.Create("a")).size(), 1u);
  bench.Send(CreateFailed{bench.sandbox(), "a", /*by_shim=*/false});
  bench.Run("+1s a:runs");
}

TEST(Gate, Scenarios) {
  const Annotations kOrdered = {{std::string(kOrderedAnnotation), "Ordered"}};
  const Annotations kOff = {{std::string(kEnabledAnnotation), "false"}};
  RunAll(
      {
          {"low first in spec", {Main("a"), Main("b", 10)}, kAlways, "a:refused b:runs a:runs idle"},
          {"high first in spec", {Main("b", 10), Main("a")}, kAlways, "b:runs a:runs"},
          {"three levels",
           {Main("a", -5), Main("b", 0), Main("c", 7)},
           kAlways,
           "a:refused b:refused c:runs a:refused b:runs a:runs"},
          {"equal priorities do not wait", {Main("a", 5), Main("b", 5)}, kAlways, "a:runs b:runs"},
          {"unset counts as 0",
           {Main("a"), Main("b", 0), Main("c", -1)},
           kAlways,
           "c:refused b:runs c:refused a:runs c:runs"},
          {"all of a level must have started",
           {Main("a"), Main("b", 3), Main("c", 3)},
           kAlways,
           "b:runs a:refused c:runs a:runs"},
          {"created is not started",
           {Main("a"), Main("b", 3)},
           kAlways,
           "b:created a:refused b:starts a:runs"},
          {"one container", {Main("a", 5)}, kAlways, "a:runs"},
          {"one container with a malformed value", {WithPriorityEnv("a", "x")}, kAlways, "a:runs"},
          {"Ordered ignores the envs",
           {Main("a"), Main("b", 10)},
           kAlways,
           "b:refused a:runs b:runs",
           kOrdered},
          {"Ordered ignores malformed envs",
           {Main("a"), WithPriorityEnv("b", "x")},
           kAlways,
           "b:refused a:runs b:runs",
           kOrdered},
          {"disabled by annotation", {Main("a"), Main("b", 10)}, kAlways, "a:runs b:runs", kOff},
          {"disabled by annotation with a malformed value",
           {Main("a"), WithPriorityEnv("b", "x")},
           kAlways,
           "b:runs a:runs",
           kOff},
          {"OpenKruise already orders the pod",
           {Main("a"), WithBarrier(Main("b", 10))},
           kAlways,
           "a:runs b:runs"},
          {"containers that the spec does not list",
           {Main("a"), Main("b", 10)},
           kAlways,
           "init:runs debug:runs a:refused"},
          {"a restart is never gated",
           {Main("a"), Main("b", 10)},
           kAlways,
           "b:runs a:runs b:exit=1 a:exit=1 a:runs b:runs"},
          {"a completed container does not block",
           {Main("a"), Main("b", 10)},
           kNever,
           "b:runs b:exit=0 a:runs"},
          {"a crashed container does not block",
           {Main("a"), Main("b", 10)},
           kOnFailure,
           "b:runs b:exit=1 a:runs"},
          {"a new sandbox is ordered again",
           {Main("a"), Main("b", 10)},
           kAlways,
           "b:runs a:runs newsandbox a:refused b:runs a:runs"},
          {"a container that completed before its sandbox was lost",
           {Main("a"), Main("b", 10)},
           kOnFailure,
           "b:runs b:exit=0 a:runs newsandbox a:runs"},
          {"a container that failed before its sandbox was lost",
           {Main("a"), Main("b", 10)},
           kOnFailure,
           "b:runs b:exit=1 a:runs newsandbox a:refused b:runs a:runs"},
          {"under Always a completed container restarts",
           {Main("a"), Main("b", 10)},
           kAlways,
           "b:runs b:exit=0 newsandbox a:refused b:runs a:runs"},
          {"the shim restarts",
           {Main("a"), Main("b", 3), Main("c", 7)},
           kAlways,
           "c:runs newshim a:refused b:runs newshim a:runs"},
          {"a failed start under Never is final",
           {Main("a"), Main("b", 3), Main("c", 7)},
           kNever,
           "c:runs b:created b:exit=128 a:runs"},
          {"a failed start under Always is not",
           {Main("a"), Main("b", 7)},
           kAlways,
           "b:created b:exit=128 a:refused b:runs a:runs"},
      },
      NoLaunchAhead());
}

TEST(Gate, MessageNamesTheBlockersAndIsConstant) {
  Bench bench({Main("a"), Main("b", 3), Main("c", 7), Main("d", 8), Main("e", 9)}, kAlways, {},
              NoLaunchAhead());
  bench.Run("a:refused");
  const std::string first = bench.refusal();
  EXPECT_EQ(
      first,
      "sidecar-shim: launch order: \"a\" (priority 0) waits for \"e\" (priority 9), \"d\" (priority 8), "
      "\"c\" (priority 7) and 1 more to be started");
  bench.Run("+10s a:refused");
  EXPECT_EQ(bench.refusal(), first);
  EXPECT_EQ(bench.notes().size(), 1u);
  bench.Run("e:runs d:runs c:runs a:refused");
  EXPECT_EQ(bench.refusal(),
            "sidecar-shim: launch order: \"a\" (priority 0) waits for \"b\" (priority 3) to be started");
}

TEST(Gate, MalformedValueIsRefusedWithTheValidRange) {
  Bench bench({Main("a"), WithPriorityEnv("b", "hi\ngh")}, kAlways);
  bench.Run("b:refused");
  EXPECT_NE(bench.refusal().find("KRUISE_CONTAINER_PRIORITY has the value"), std::string::npos);
  EXPECT_NE(bench.refusal().find("between -2147483647 and 2147483647"), std::string::npos);
  bench.Run("a:refused +10m b:refused");  // the launch timeout does not admit it
  EXPECT_NE(bench.refusal().find("must be an integer"), std::string::npos);
}

TEST(Gate, UnresolvedValuesAreReadFromTheCreates) {
  ContainerSpec secret = Main("b");
  secret.traits.priority.kind = Priority::Kind::kUnresolved;
  Bench bench({Main("a"), secret}, kAlways, {}, NoLaunchAhead());
  bench.Run("a:refused");
  EXPECT_NE(bench.refusal().find("\"b\" (to learn its priority)"), std::string::npos);
  Traits resolved;
  resolved.priority = {Priority::Kind::kValue, -4, {}};
  const Actions answer = bench.Send(CreateRequested{900, bench.sandbox(), "b", 0, resolved, {}});
  ASSERT_EQ(Only<RefuseCreate>(answer).size(), 1u) << "it is the lower one after all";
  bench.Run("a:runs");
  EXPECT_EQ(Only<AdmitCreate>(bench.Send(CreateRequested{901, bench.sandbox(), "b", 0, resolved, {}})).size(),
            1u);
}

TEST(Gate, LaunchTimeoutAdmitsWithANote) {
  const struct {
    const char* timeout;
    const char* script;
  } kCases[] = {
      {"5m", "a:refused +4m59s a:refused +1s note:timeout a:runs"},
      {"90s", "a:refused +90s note:timeout a:runs"},
      {"0", "a:refused +100h a:refused"},
      {"later", "note:badvalue a:refused +4m59s a:refused +2s a:runs"},
  };
  for (const auto& c : kCases) {
    SCOPED_TRACE(c.timeout);
    Bench bench({Main("a"), Main("b", 10)}, kAlways, {{std::string(kLaunchTimeoutAnnotation), c.timeout}},
                NoLaunchAhead());
    bench.Run(c.script);
  }
  // Also if the blocker was created but cannot be started.
  Bench stuck({Main("a"), Main("b", 10)}, kAlways, {}, NoLaunchAhead());
  stuck.Run("b:created a:refused +5m a:runs");
}

TEST(Gate, WithoutASpecAnInversionIsNotedOnce) {
  Bench bench = Bench::WithoutSpec({Main("a"), Main("b", 10)}, false);
  bench.Run("a:runs b:runs note:inversion");
  EXPECT_EQ(bench.notes().size(), 1u);
  Bench fine = Bench::WithoutSpec({Main("b", 10), Main("a")}, false);
  fine.Run("b:runs a:runs");
  EXPECT_TRUE(fine.notes().empty());
  // A container that has completed may have been an init container.
  Bench init = Bench::WithoutSpec({Main("i"), Main("b", 10)}, false);
  init.Run("i:runs i:exit=0 b:runs");
  EXPECT_TRUE(init.notes().empty());
}

TEST(Gate, UnknownSandboxesAreAdmitted) {
  Engine engine{Options{}};
  const Actions answer =
      engine.OnEvent(CreateRequested{1, "unknown", "a", 0, Sidecar("a", 5).traits, {}}, Time{});
  ASSERT_EQ(answer.size(), 1u);
  EXPECT_FALSE(std::get<AdmitCreate>(answer[0]).stamp.has_value());
  EXPECT_EQ(
      Only<ForwardStart>(engine.OnEvent(StartRequested{2, "unknown", Time{Duration{9}}}, Time{})).size(), 1u);
}

TEST(Gate, StoppingSandboxAdmitsAll) {
  Bench bench({Main("a"), Main("b", 10)}, kAlways, {}, NoLaunchAhead());
  bench.Run("a:refused");
  bench.Send(SandboxStopping{bench.sandbox()});
  bench.Run("a:created");
}

}  // namespace
}  // namespace sidecar_shim::policy
