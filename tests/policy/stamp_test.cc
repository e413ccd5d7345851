// Stamps: what the shim writes into a container's annotations reads back unchanged.
#include "policy/stamp.h"

#include <gtest/gtest.h>

#include <chrono>
#include <optional>
#include <string>

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
        EXPECT_EQ(read->spec, stamp.spec);
        ContainerSpec other = Sidecar("log-agent-2", -3);
        other.own_restart_policy = policy;
        other.post_start = TriState::kYes;
        if (policy == RestartPolicy::kNever)
          other.restart_rules = {{true, {0, 143}}, {false, {-1}}, {true, {}}};
        ContainerSpec unknown = Main("c");
        unknown.post_start = TriState::kUnknown;
        stamp.spec = PodSpec{"stamp", {Main("app"), other, unknown}, policy};
      }
    }
  }
}

ProbeSpec EveryField() {
  ProbeSpec probe;
  probe.kind = ProbeSpec::Kind::kHttpGet;
  probe.command = {"sh", "-c", "test -e /a:b;\n c/d", ""};
  probe.port = 8080;
  probe.host = "10.0.0.1";
  probe.path = "/health?a=1;b=2";
  probe.https = true;
  probe.headers = {{"Host", "x:1"}, {"X-Empty", ""}, {"Host", "twice"}};
  probe.service = "4:four";
  probe.initial_delay = std::chrono::seconds(7);
  probe.timeout = std::chrono::milliseconds(1500);
  probe.period = std::chrono::hours(3);
  probe.success_threshold = 4;
  probe.failure_threshold = 5;
  return probe;
}

std::optional<PodSpec> WrittenAndRead(const PodSpec& spec) {
  Stamp stamp;
  stamp.spec = spec;
  return ReadStamp(WriteStamp(stamp))->spec;
}

TEST(Stamp, KeepsProbes) {
  ContainerSpec both = Main("both");
  both.startup_probe = EveryField();
  both.readiness_probe = ProbeSpec{};
  ContainerSpec one = Main("one");
  one.readiness_probe = EveryField();
  one.readiness_probe->kind = ProbeSpec::Kind::kGrpc;
  const PodSpec spec{"stamp", {both, Main("none"), one}, RestartPolicy::kNever};
  EXPECT_EQ(WrittenAndRead(spec), spec);
  for (const ProbeSpec::Kind kind : {ProbeSpec::Kind::kExec, ProbeSpec::Kind::kTcpSocket}) {
    PodSpec other = spec;
    other.containers[0].startup_probe->kind = kind;
    EXPECT_EQ(WrittenAndRead(other), other);
  }
}

// All containers of the pod carry the probes, and kubelet lists containers every
// second.
TEST(Stamp, OmitsLargeProbes) {
  PodSpec spec{"stamp", {Main("a")}, RestartPolicy::kNever};
  const PodSpec without = spec;
  spec.containers[0].readiness_probe = ProbeSpec{};
  spec.containers[0].readiness_probe->command = {std::string(4000, 'x')};
  EXPECT_EQ(WrittenAndRead(spec), spec);
  spec.containers[0].readiness_probe->command = {std::string(4100, 'x')};
  EXPECT_EQ(WrittenAndRead(spec), without);
}

TEST(Stamp, DamagedProbesReadAsAbsent) {
  Stamp stamp;
  stamp.spec = PodSpec{"stamp", {Main("a")}, RestartPolicy::kNever};
  const PodSpec without = *stamp.spec;
  stamp.spec->containers[0].readiness_probe = EveryField();
  const std::string key = std::string(kStampPrefix) + "probes";
  const Annotations whole = WriteStamp(stamp);
  const std::string text = whole.at(key);
  auto read = [&](const std::string& damaged) {
    Annotations annotations = whole;
    annotations[key] = damaged;
    return ReadStamp(annotations)->spec;
  };
  ASSERT_EQ(read(text), stamp.spec);
  for (size_t length = 0; length < text.size(); ++length) {
    EXPECT_EQ(read(text.substr(0, length)), without) << length;
  }
  for (const char* damaged : {":", "1:a", "-1:a", "99999999999999999999:a", "x", "1:a9:readiness4:exek"}) {
    EXPECT_EQ(read(damaged), without) << damaged;
  }
  const std::string header = "1:a9:readiness4:exec1:01:01:01:11:31:00:0:4:http0:";
  EXPECT_NE(read(header + "1:01:0"), without) << "the beginning of what follows is right";
  EXPECT_EQ(read(header + "19:99999999999999999991:0"), without) << "more words than there can be";
  EXPECT_EQ(read(header + "2:-11:0"), without);
  EXPECT_EQ(read("1:b" + header.substr(3) + "1:01:0"), without) << "a container that is not there";
  EXPECT_EQ(read("1:a8:liveness" + header.substr(14) + "1:01:0"), without);
}

TEST(Stamp, AbsentIfNoneWasWritten) {
  EXPECT_EQ(ReadStamp({}), std::nullopt);
  EXPECT_EQ(ReadStamp({{"io.kubernetes.container.hash", "1"}}), std::nullopt);
}

TEST(Stamp, DamagedPartsReadAsAbsent) {
  const std::string key = std::string(kStampPrefix) + "container";
  for (const char* damaged : {"", "p", "px", "p99999999999", "q", "5"}) {
    const std::optional<Stamp> read = ReadStamp({{key, damaged}});
    ASSERT_TRUE(read.has_value()) << damaged;
    EXPECT_EQ(read->traits, Traits{}) << damaged;
  }
  for (const char* damaged : {"Never;", "Never;/p1/n", "Never;a", "Never;a/p1", "Never;a/z/n",
                              "Never;a/p1/n;", "Never;a/p1/n/Never/7", "Never;a/p1/n/Never/+x"}) {
    EXPECT_EQ(ReadStamp(With("pod", damaged))->spec, std::nullopt) << damaged;
  }
  // Unknown words of a newer shim in known places read as unknown.
  const std::optional<PodSpec> spec = ReadStamp(With("pod", "Sometimes;a/p1,z/x/Rarely"))->spec;
  ASSERT_TRUE(spec.has_value());
  EXPECT_EQ(spec->restart_policy, RestartPolicy::kUnknown);
  EXPECT_EQ(spec->containers[0].post_start, TriState::kUnknown);
  EXPECT_EQ(spec->containers[0].own_restart_policy, RestartPolicy::kUnknown);
}

// The CreateContainer requests of an unmanaged pod are forwarded byte for byte.
TEST(Stamp, OnlyManagedPodsAreStamped) {
  Bench plain({Main("a"), Main("b")}, RestartPolicy::kNever);
  EXPECT_TRUE(Only<AdmitCreate>(plain.Create("a"))[0].stamps.empty());
  Bench asks({Main("a", 5), Main("b")}, RestartPolicy::kNever);
  const std::optional<Stamp> stamp = ReadStamp(Only<AdmitCreate>(asks.Create("a"))[0].stamps);
  ASSERT_TRUE(stamp.has_value());
  EXPECT_EQ(stamp->spec->containers.size(), 2u);
  Bench off({Main("a", 5), Main("b")}, RestartPolicy::kNever, {{std::string(kEnabledAnnotation), "false"}});
  EXPECT_TRUE(Only<AdmitCreate>(off.Create("a"))[0].stamps.empty());
}

}  // namespace
}  // namespace sidecar_shim::policy
