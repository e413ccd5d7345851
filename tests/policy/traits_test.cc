// The traits that a container's envs set.
#include "policy/traits.h"

#include <gtest/gtest.h>

#include <utility>
#include <vector>

namespace sidecar_shim::policy {
namespace {

using Envs = std::vector<std::pair<absl::string_view, absl::string_view>>;

Traits Read(const Envs& envs) {
  TraitsReader reader;
  for (const auto& [name, value] : envs) reader.Env(name, value);
  return reader.Finish();
}

TEST(Traits, OtherEnvsSetNothing) {
  EXPECT_EQ(Read({}), Traits{});
  EXPECT_FALSE(Read({{"PATH", "/bin"}, {"KRUISE_OTHER", "1"}}).ShowsIntent());
}

// OpenKruise's getSidecarContainerNames ignores case, too (scenario ST-T16).
TEST(Traits, FlagIsTrueInAnyCase) {
  for (const char* yes : {"true", "TRUE", "True", "tRuE"}) EXPECT_TRUE(Read({{kTerminateEnv, yes}}).sidecar);
  for (const char* no : {"", "1", "yes", "false", "true ", "t"}) {
    EXPECT_FALSE(Read({{kTerminateEnv, no}}).sidecar) << no;
  }
}

// OpenKruise leaves a container that has _WITH_IMAGE only running on a real node; here it is a sidecar.
TEST(Traits, ImageForVirtualNodesMarksASidecar) {
  EXPECT_TRUE(Read({{kTerminateWithImageEnv, "quick-exit"}}).sidecar);
  EXPECT_FALSE(Read({{kTerminateWithImageEnv, ""}}).sidecar);
  EXPECT_TRUE(Read({{kTerminateEnv, "true"}, {kTerminateWithImageEnv, "quick-exit"}}).sidecar);
}

TEST(Traits, IgnoreExitCodeNeedsTheFlag) {
  EXPECT_FALSE(Read({{kIgnoreExitCodeEnv, "true"}}).ignore_exit_code);
  EXPECT_TRUE(Read({{kTerminateEnv, "true"}, {kIgnoreExitCodeEnv, "True"}}).ignore_exit_code);
  EXPECT_TRUE(Read({{kIgnoreExitCodeEnv, "true"}, {kTerminateEnv, "true"}}).ignore_exit_code);
  EXPECT_FALSE(Read({{kTerminateEnv, "true"}, {kIgnoreExitCodeEnv, "1"}}).ignore_exit_code);
}

TEST(Traits, LastDuplicateCounts) {
  EXPECT_EQ(Read({{kPriorityEnv, "1"}, {kPriorityEnv, "2"}}).priority.value, 2);
  EXPECT_EQ(Read({{kPriorityEnv, "x"}, {kPriorityEnv, "2"}}).priority.kind, Priority::Kind::kValue);
  EXPECT_EQ(Read({{kPriorityEnv, "2"}, {kPriorityEnv, ""}}).priority.kind, Priority::Kind::kInvalid);
  EXPECT_FALSE(Read({{kTerminateEnv, "true"}, {kTerminateEnv, "false"}}).sidecar);
}

TEST(Traits, BarrierCountsWhateverItsValue) {
  for (const char* value : {"true", "", "x"}) EXPECT_TRUE(Read({{kBarrierEnv, value}}).barrier);
}

// OpenKruise rejects a pod with valueFrom; here kubelet resolves the value.
TEST(Traits, EnvFromAReferenceIsUnresolved) {
  TraitsReader reader;
  reader.UnresolvedEnv(kPriorityEnv);
  reader.UnresolvedEnv("OTHER");
  EXPECT_EQ(reader.Finish().priority.kind, Priority::Kind::kUnresolved);
  EXPECT_TRUE(reader.Finish().ShowsIntent());
  EXPECT_FALSE(reader.Finish().barrier);
  reader.UnresolvedEnv(kBarrierEnv);
  EXPECT_TRUE(reader.Finish().barrier);
}

}  // namespace
}  // namespace sidecar_shim::policy
