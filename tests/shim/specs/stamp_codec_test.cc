// What the shim writes into a container's annotations is read back unchanged.
#include "shim/specs/stamp_codec.h"

#include <gtest/gtest.h>

#include <chrono>
#include <nlohmann/json.hpp>
#include <optional>
#include <string>
#include <vector>

namespace sidecar_shim {
namespace {

using nlohmann::json;
using policy::ContainerSpec;
using policy::PodSpec;
using policy::Priority;
using policy::ProbeSpec;
using policy::RestartPolicy;
using policy::Stamp;
using policy::Traits;
using policy::TriState;

ContainerSpec Container(const std::string& name) {
  ContainerSpec container;
  container.name = name;
  container.post_start = TriState::kNo;
  return container;
}

std::string TextOf(const Stamp& stamp) { return EncodeStamp(stamp).at(kStampAnnotation); }

std::optional<Stamp> Read(const std::string& text) {
  const auto stamp = DecodeStamp({{kStampAnnotation, text}});
  EXPECT_TRUE(stamp.ok()) << stamp.status() << text;
  return stamp.ok() ? *stamp : std::nullopt;
}

TEST(StampCodec, TraitsSurviveTheRoundTrip) {
  Traits every[5];
  every[1].priority = Priority{Priority::Kind::kValue, -2147483647, {}};
  every[2].priority.kind = Priority::Kind::kUnresolved;
  every[3].priority.kind = Priority::Kind::kInvalid;
  every[4] = {{Priority::Kind::kValue, 5, {}}, true, true, true};
  for (const Traits& traits : every) {
    for (bool by_shim : {false, true}) {
      const Stamp stamp{traits, by_shim, std::nullopt};
      EXPECT_EQ(Read(TextOf(stamp)), stamp);
    }
  }
}

TEST(StampCodec, SpecsSurviveTheRoundTrip) {
  for (RestartPolicy policy :
       {RestartPolicy::kUnknown, RestartPolicy::kAlways, RestartPolicy::kOnFailure, RestartPolicy::kNever}) {
    ContainerSpec other = Container("log-agent-2");
    other.traits.sidecar = true;
    other.traits.priority = {Priority::Kind::kValue, -3, {}};
    other.own_restart_policy = policy;
    other.post_start = TriState::kYes;
    if (policy == RestartPolicy::kNever) other.restart_rules = {{true, {0, 143}}, {false, {-1}}, {true, {}}};
    ContainerSpec unknown = Container("c");
    unknown.post_start = TriState::kUnknown;
    const Stamp stamp{{}, false, PodSpec{"stamp", {Container("app"), other, unknown}, policy}};
    EXPECT_EQ(Read(TextOf(stamp)), stamp);
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

std::optional<PodSpec> WrittenAndRead(const PodSpec& spec) { return Read(TextOf({{}, false, spec}))->spec; }

TEST(StampCodec, ProbesSurviveTheRoundTrip) {
  ContainerSpec both = Container("both");
  both.startup_probe = EveryField();
  both.readiness_probe = ProbeSpec{};
  ContainerSpec one = Container("one");
  one.readiness_probe = EveryField();
  one.readiness_probe->kind = ProbeSpec::Kind::kGrpc;
  const PodSpec spec{"stamp", {both, Container("none"), one}, RestartPolicy::kNever};
  EXPECT_EQ(WrittenAndRead(spec), spec);
  for (const ProbeSpec::Kind kind : {ProbeSpec::Kind::kExec, ProbeSpec::Kind::kTcpSocket}) {
    PodSpec other = spec;
    other.containers[0].startup_probe->kind = kind;
    EXPECT_EQ(WrittenAndRead(other), other);
  }
}

// Every container of the pod carries them, and kubelet lists those every second.
TEST(StampCodec, LargeProbesAreLeftOut) {
  PodSpec spec{"stamp", {Container("a")}, RestartPolicy::kNever};
  const PodSpec without = spec;
  spec.containers[0].readiness_probe = ProbeSpec{};
  spec.containers[0].readiness_probe->command = {std::string(4000, 'x')};
  EXPECT_EQ(WrittenAndRead(spec), spec);
  spec.containers[0].readiness_probe->command = {std::string(4100, 'x')};
  EXPECT_EQ(WrittenAndRead(spec), without);
}

TEST(StampCodec, BytesThatAreNotUtf8DoNotThrow) {
  ContainerSpec container = Container("a");
  container.readiness_probe = ProbeSpec{};
  container.readiness_probe->command = {"\xff\xfe"};
  const std::optional<PodSpec> read = WrittenAndRead({"stamp", {container}, RestartPolicy::kNever});
  ASSERT_TRUE(read.has_value());
  EXPECT_EQ(read->containers[0].readiness_probe->command,
            std::vector<std::string>{"\xef\xbf\xbd\xef\xbf\xbd"});
}

TEST(StampCodec, AbsentWhereNoneWasWritten) {
  for (const policy::Annotations& annotations :
       {policy::Annotations{}, policy::Annotations{{"io.kubernetes.container.hash", "1"}}}) {
    const auto stamp = DecodeStamp(annotations);
    ASSERT_TRUE(stamp.ok());
    EXPECT_EQ(*stamp, std::nullopt);
  }
}

TEST(StampCodec, AnotherVersionIsLeftAlone) {
  json newer = json::parse(TextOf({{}, true, PodSpec{"stamp", {Container("a")}, RestartPolicy::kNever}}));
  for (const int version : {0, 2, -1, 1000}) {
    newer["version"] = version;
    const auto stamp = DecodeStamp({{kStampAnnotation, newer.dump()}});
    EXPECT_EQ(stamp.status().code(), absl::StatusCode::kUnimplemented) << version;
    EXPECT_NE(stamp.status().message().find(std::to_string(version)), std::string::npos) << stamp.status();
  }
}

TEST(StampCodec, SeveralAnnotationsOfAnOlderVersionAreLeftAlone) {
  const auto stamp = DecodeStamp({{"internal.sidecar-shim.io/container", "p10,s"},
                                  {"internal.sidecar-shim.io/pod", "Never;main/-/n;proxy/p10,s/n"}});
  EXPECT_EQ(stamp.status().code(), absl::StatusCode::kUnimplemented);
}

TEST(StampCodec, DurationsAreBounded) {
  ContainerSpec container = Container("a");
  container.readiness_probe = ProbeSpec{};
  container.readiness_probe->initial_delay = policy::Duration::max();
  container.readiness_probe->timeout = policy::Duration(-5);
  const std::optional<PodSpec> read = WrittenAndRead({"stamp", {container}, RestartPolicy::kNever});
  ASSERT_TRUE(read.has_value());
  EXPECT_LT(read->containers[0].readiness_probe->initial_delay, policy::Duration::max() / 20);
  EXPECT_EQ(read->containers[0].readiness_probe->timeout, policy::Duration(0));
}

TEST(StampCodec, WhatIsNoStampIsAnError) {
  const std::string deep = std::string(100'000, '[') + std::string(100'000, ']');
  for (const std::string& text : {std::string(), std::string("-"), std::string("{}"), std::string("[1]"),
                                  std::string(R"({"version":"1"})"), std::string(R"({"version":1)"), deep}) {
    EXPECT_EQ(DecodeStamp({{kStampAnnotation, text}}).status().code(), absl::StatusCode::kDataLoss)
        << text.substr(0, 40);
  }
}

TEST(StampCodec, ADamagedPartCountsAsAbsent) {
  const ContainerSpec probed = [] {
    ContainerSpec container = Container("a");
    container.readiness_probe = EveryField();
    return container;
  }();
  const Stamp whole{{{Priority::Kind::kValue, 5, {}}, true, false, false},
                    true,
                    PodSpec{"stamp", {probed}, RestartPolicy::kNever}};
  const auto text = [&whole](const char* pointer, const json& value) {
    json changed = json::parse(TextOf(whole));
    changed[json::json_pointer(pointer)] = value;
    return changed.dump();
  };
  const auto damaged = [&text](const char* pointer, const json& value) {
    return *Read(text(pointer, value));
  };
  const auto status = [&text](const char* pointer, const json& value) {
    return DecodeStamp({{kStampAnnotation, text(pointer, value)}}).status().code();
  };
  for (const json& value : {json("p"), json(1.5), json(99999999999), json::array()}) {
    EXPECT_EQ(status("/container/priority", value), absl::StatusCode::kDataLoss) << value;
    EXPECT_EQ(damaged("/pod/containers/0/priority", value).spec, std::nullopt) << value;
  }
  EXPECT_EQ(status("/container", 7), absl::StatusCode::kDataLoss) << "its envs can be read elsewhere";
  EXPECT_EQ(damaged("/pod", "Never").spec, std::nullopt);
  EXPECT_EQ(damaged("/pod/containers/0/name", "").spec, std::nullopt);
  EXPECT_EQ(damaged("/pod/containers/0/restartRules", json::array({{{"operator", "Is"}}})).spec,
            std::nullopt);

  PodSpec without = *whole.spec;
  without.containers[0].readiness_probe.reset();
  for (const auto& [pointer, value] :
       std::vector<std::pair<const char*, json>>{{"/probes/0/container", "b"},
                                                 {"/probes/0/probe", "liveness"},
                                                 {"/probes/0/kind", "exek"},
                                                 {"/probes/0/kind", nullptr},
                                                 {"/probes/0/port", "x"},
                                                 {"/probes/0/command", {1, 2}},
                                                 {"/probes/0/headers", "Host"},
                                                 {"/probes/0/timeout", "1s"},
                                                 {"/probes/0", 1}}) {
    EXPECT_EQ(damaged(pointer, value).spec, without) << pointer << value;
  }
  // Unknown words in known places are read as unknown.
  EXPECT_EQ(damaged("/pod/restartPolicy", "Sometimes").spec->restart_policy, RestartPolicy::kUnknown);
  EXPECT_EQ(damaged("/pod/containers/0/postStart", "x").spec->containers[0].post_start, TriState::kUnknown);
}

}  // namespace
}  // namespace sidecar_shim
