// Effective priorities, and which containers block which.
#include "policy/launch_order.h"

#include <gtest/gtest.h>

#include "absl/strings/str_join.h"
#include "tests/policy/bench.h"

namespace sidecar_shim::policy {
namespace {

PodState Pod(std::vector<ContainerSpec> containers, bool ordered = false) {
  PodState pod;
  pod.settings.ordered = ordered;
  pod.spec = PodSpec{"test", std::move(containers), RestartPolicy::kAlways};
  return pod;
}

std::string Blockers(const PodState& pod, const std::string& name) {
  const std::vector<Ranked> blockers = LaunchOrder::Of(pod).BlockersOf(name);
  return absl::StrJoin(blockers, " ", [](std::string* out, const Ranked& r) { *out += r.name; });
}

TEST(LaunchOrder, BlockersHaveHigherPriorityAndAreSorted) {
  const PodState pod = Pod({Main("a"), Main("b", 3), Main("c", 9), Main("d", 3), Main("e", -2)});
  EXPECT_TRUE(LaunchOrder::Of(pod).on());
  EXPECT_EQ(Blockers(pod, "e"), "c b d a");
  EXPECT_EQ(Blockers(pod, "a"), "c b d");
  EXPECT_EQ(Blockers(pod, "b"), "c");
  EXPECT_EQ(Blockers(pod, "c"), "");
  EXPECT_EQ(Blockers(pod, "init"), "");
}

TEST(LaunchOrder, OrderedGivesDescendingPrioritiesInSpecOrder) {
  const PodState pod = Pod({Main("a"), Main("b", 99), Main("c", 5)}, /*ordered=*/true);
  EXPECT_EQ(Blockers(pod, "c"), "a b");
  EXPECT_EQ(EffectivePriority(pod, "a"), 0);
  EXPECT_EQ(EffectivePriority(pod, "c"), -2);
  EXPECT_EQ(LaunchOrder::Of(pod).Find("b")->priority.value, -1);
}

TEST(LaunchOrder, OffIfThereIsNothingToOrder) {
  EXPECT_FALSE(LaunchOrder::Of(PodState{}).on());
  EXPECT_FALSE(LaunchOrder::Of(Pod({})).on());
  EXPECT_FALSE(LaunchOrder::Of(Pod({Main("a", 5)})).on());
  EXPECT_FALSE(LaunchOrder::Of(Pod({Main("a"), Main("b", 0)})).on());
  EXPECT_FALSE(LaunchOrder::Of(Pod({Main("a", 7), Main("b", 7)})).on());
  PodState off = Pod({Main("a"), Main("b", 7)});
  off.settings.enabled = false;
  EXPECT_FALSE(LaunchOrder::Of(off).on());
}

TEST(LaunchOrder, UnknownPrioritiesBlock) {
  ContainerSpec unresolved = Main("u");
  unresolved.traits.priority.kind = Priority::Kind::kUnresolved;
  PodState pod = Pod({Main("a"), unresolved, WithPriorityEnv("x", "?")});
  EXPECT_EQ(Blockers(pod, "a"), "u x");
  EXPECT_EQ(Blockers(pod, "u"), "x");
  pod.arrived["u"] = Main("u", 0).traits;
  pod.arrived["x"] = Main("x", 0).traits;
  EXPECT_FALSE(LaunchOrder::Of(pod).on()) << "what arrives with the create counts";
}

TEST(LaunchOrder, BarrierInAnyContainerTurnsItOff) {
  PodState pod = Pod({Main("a"), Main("b", 7)});
  pod.arrived["a"].barrier = true;
  EXPECT_FALSE(LaunchOrder::Of(pod).on());
}

}  // namespace
}  // namespace sidecar_shim::policy
