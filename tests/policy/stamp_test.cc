// What the shim writes into a container comes back as it was.
#include "policy/stamp.h"

#include <gtest/gtest.h>

#include "absl/strings/match.h"
#include "tests/policy/bench.h"

namespace sidecar_shim::policy {
namespace {

Annotations With(const std::string& key, const std::string& value) {
  return {{std::string(kStampPrefix) + "container", "-"}, {std::string(kStampPrefix) + key, value}};
}

TEST(Stamp, RoundTrip) {
  Traits every[5];
  every[1].priority = Priority{Priority::Kind::kValue, -2147483647, {}};
  every[2].priority.kind = Priority::Kind::kUnresolved;
  every[3].priority.kind = Priority::Kind::kInvalid;
  every[4] = {{Priority::Kind::kValue, 5, {}}, true, true, true};
  for (const Traits& traits : every) {
    for (bool by_shim : {false, true}) {
      Stamp stamp{traits, by_shim, std::nullopt};
      for (RestartPolicy policy : {RestartPolicy::kUnknown, RestartPolicy::kAlways, RestartPolicy::kOnFailure,
                                   RestartPolicy::kNever}) {
        const Annotations written = WriteStamp(stamp);
        for (const auto& [key, value] : written) EXPECT_TRUE(absl::StartsWith(key, kStampPrefix));
        const std::optional<Stamp> read = ReadStamp(written);
        ASSERT_TRUE(read.has_value());
        EXPECT_EQ(read->traits, traits);
        EXPECT_EQ(read->by_shim, by_shim);
        EXPECT_EQ(read->plan, stamp.plan);
        PlannedContainer other = Sidecar("log-agent-2", -3);
        other.own_restart_policy = policy;
        other.post_start = Tri::kYes;
        if (policy == RestartPolicy::kNever)
          other.restart_rules = {{true, {0, 143}}, {false, {-1}}, {true, {}}};
        PlannedContainer unknown = Main("c");
        unknown.post_start = Tri::kUnknown;
        stamp.plan = PodPlan{"stamp", {Main("app"), other, unknown}, policy};
      }
    }
  }
}

TEST(Stamp, AbsentWhereNoneWasWritten) {
  EXPECT_EQ(ReadStamp({}), std::nullopt);
  EXPECT_EQ(ReadStamp({{"io.kubernetes.container.hash", "1"}}), std::nullopt);
}

TEST(Stamp, ADamagedPartReadsAsAbsent) {
  const std::string key = std::string(kStampPrefix) + "container";
  for (const char* damaged : {"", "p", "px", "p99999999999", "q", "5"}) {
    const std::optional<Stamp> read = ReadStamp({{key, damaged}});
    ASSERT_TRUE(read.has_value()) << damaged;
    EXPECT_EQ(read->traits, Traits{}) << damaged;
  }
  for (const char* damaged : {"Never;", "Never;/p1/n", "Never;a", "Never;a/p1", "Never;a/z/n",
                              "Never;a/p1/n;", "Never;a/p1/n/Never/7", "Never;a/p1/n/Never/+x"}) {
    EXPECT_EQ(ReadStamp(With("pod", damaged))->plan, std::nullopt) << damaged;
  }
  // Unknown words of a newer shim in known places read as unknown.
  const std::optional<PodPlan> plan = ReadStamp(With("pod", "Sometimes;a/p1,z/x/Rarely"))->plan;
  ASSERT_TRUE(plan.has_value());
  EXPECT_EQ(plan->restart_policy, RestartPolicy::kUnknown);
  EXPECT_EQ(plan->containers[0].post_start, Tri::kUnknown);
  EXPECT_EQ(plan->containers[0].own_restart_policy, RestartPolicy::kUnknown);
}

// A pod that asks for nothing keeps its requests byte for byte.
TEST(Stamp, OnlyPodsThatAskGetOne) {
  Bench plain({Main("a"), Main("b")}, RestartPolicy::kNever);
  EXPECT_TRUE(Only<AdmitCreate>(plain.Create("a"))[0].stamps.empty());
  Bench asks({Main("a", 5), Main("b")}, RestartPolicy::kNever);
  const std::optional<Stamp> stamp = ReadStamp(Only<AdmitCreate>(asks.Create("a"))[0].stamps);
  ASSERT_TRUE(stamp.has_value());
  EXPECT_EQ(stamp->plan->containers.size(), 2u);
  Bench off({Main("a", 5), Main("b")}, RestartPolicy::kNever, {{std::string(kEnabledAnnotation), "false"}});
  EXPECT_TRUE(Only<AdmitCreate>(off.Create("a"))[0].stamps.empty());
}

}  // namespace
}  // namespace sidecar_shim::policy
