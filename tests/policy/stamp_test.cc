// Which containers get a stamp, and what it says.
#include "policy/stamp.h"

#include <gtest/gtest.h>

#include <optional>

#include "tests/policy/scenario.h"

namespace sidecar_shim::policy {
namespace {

std::optional<Stamp> StampOf(Bench& bench, const std::string& name) {
  const std::vector<AdmitCreate> admitted = Only<AdmitCreate>(bench.Create(name));
  EXPECT_EQ(admitted.size(), 1u);
  return admitted.empty() ? std::nullopt : admitted[0].stamp;
}

// The requests of a pod that does not use the shim are forwarded byte for byte.
TEST(Stamp, OnlyPodsThatShowIntentAreStamped) {
  Bench plain({Main("a"), Main("b")}, kNever);
  EXPECT_EQ(StampOf(plain, "a"), std::nullopt);
  Bench with_priority({Main("a", 5), Main("b")}, kNever);
  const std::optional<Stamp> stamp = StampOf(with_priority, "a");
  ASSERT_TRUE(stamp.has_value());
  EXPECT_FALSE(stamp->by_shim);
  EXPECT_EQ(stamp->traits, Main("a", 5).traits);
  EXPECT_EQ(stamp->spec->containers.size(), 2u);
  Bench opted_out({Main("a", 5), Main("b")}, kNever, {{std::string(kEnabledAnnotation), "false"}});
  EXPECT_EQ(StampOf(opted_out, "a"), std::nullopt);
}

TEST(Stamp, ALaunchAheadIsStampedAsSuch) {
  Bench bench({Main("a"), Main("b", 10)}, kAlways);
  bench.Run("a:refused b:created");
  const RuntimeContainer b = bench.Container("b");
  const auto launches = Only<Launch>(bench.Send(ContainerStarted{b.id}));
  ASSERT_EQ(launches.size(), 1u);
  ASSERT_TRUE(launches[0].stamp.has_value());
  EXPECT_TRUE(launches[0].stamp->by_shim);
}

}  // namespace
}  // namespace sidecar_shim::policy
