#include "shim/specs/stamp_codec.h"

#include <nlohmann/json.hpp>
#include <string>
#include <utility>

#include "absl/strings/match.h"
#include "absl/strings/str_cat.h"
#include "shim/formats/json_member.h"
#include "shim/specs/stamp_probe.h"

namespace sidecar_shim {
namespace {

using Json = nlohmann::json;
using policy::ContainerSpec;
using policy::PodSpec;
using policy::Priority;
using policy::RestartRule;
using policy::Traits;
using policy::TriState;

constexpr size_t kMostProbeBytes = 4096;
// Deeper than any stamp; what nests deeply is expensive to read.
constexpr int kDeepest = 8;

// Is there something of an older version, which wrote several annotations?
bool HasOlderStamp(const policy::Annotations& annotations) {
  const auto it = annotations.lower_bound(kStampPrefix);
  return it != annotations.end() && absl::StartsWith(it->first, kStampPrefix);
}

// ---- traits ----

void WriteTraits(const Traits& traits, Json& json) {
  if (traits.priority.kind == Priority::Kind::kValue) json["priority"] = traits.priority.value;
  if (traits.priority.kind == Priority::Kind::kUnresolved) json["priority"] = "unresolved";
  if (traits.priority.kind == Priority::Kind::kInvalid) json["priority"] = "invalid";
  if (traits.sidecar) json["sidecar"] = true;
  if (traits.ignore_exit_code) json["ignoreExitCode"] = true;
  if (traits.barrier) json["barrier"] = true;
}

std::optional<Traits> ReadTraits(const Json& json) {
  if (!json.is_object()) return std::nullopt;
  Traits traits;
  const Json& priority = Member(json, "priority");
  if (priority.is_number_integer()) {
    traits.priority = policy::ParsePriority(priority.dump());
    if (traits.priority.kind != Priority::Kind::kValue) return std::nullopt;
  } else if (priority == "unresolved") {
    traits.priority.kind = Priority::Kind::kUnresolved;
  } else if (priority == "invalid") {
    traits.priority.kind = Priority::Kind::kInvalid;
  } else if (!priority.is_null()) {
    return std::nullopt;
  }
  traits.sidecar = BoolMember(json, "sidecar");
  traits.ignore_exit_code = BoolMember(json, "ignoreExitCode");
  traits.barrier = BoolMember(json, "barrier");
  return traits;
}

// ---- containers ----

Json WriteContainer(const ContainerSpec& container) {
  Json json = {{"name", container.name}};
  WriteTraits(container.traits, json);
  if (container.post_start != TriState::kUnknown) json["postStart"] = container.post_start == TriState::kYes;
  if (!container.own_restart_policy) return json;
  json["restartPolicy"] = std::string(policy::RestartPolicyName(*container.own_restart_policy));
  for (const RestartRule& rule : container.restart_rules) {
    json["restartRules"].push_back({{"operator", rule.any_but ? "NotIn" : "In"}, {"codes", rule.codes}});
  }
  return json;
}

std::optional<RestartRule> ReadRule(const Json& json) {
  const std::string operation = StringMember(json, "operator");
  const Json& codes = Member(json, "codes");
  if ((operation != "In" && operation != "NotIn") || !codes.is_array()) return std::nullopt;
  RestartRule rule;
  rule.any_but = operation == "NotIn";
  for (const Json& code : codes) {
    if (!code.is_number_integer()) return std::nullopt;
    rule.codes.push_back(code.get<int32_t>());
  }
  return rule;
}

std::optional<ContainerSpec> ReadContainer(const Json& json) {
  ContainerSpec container;
  container.name = StringMember(json, "name");
  std::optional<Traits> traits = ReadTraits(json);
  if (container.name.empty() || !traits) return std::nullopt;
  container.traits = *traits;
  const Json& hook = Member(json, "postStart");
  if (hook.is_boolean()) container.post_start = hook.get<bool>() ? TriState::kYes : TriState::kNo;
  const std::string restart_policy = StringMember(json, "restartPolicy");
  if (!restart_policy.empty()) container.own_restart_policy = policy::ParseRestartPolicy(restart_policy);
  for (const Json& item : Member(json, "restartRules")) {
    std::optional<RestartRule> rule = ReadRule(item);
    if (!rule) return std::nullopt;
    container.restart_rules.push_back(*std::move(rule));
  }
  return container;
}

// ---- the pod ----

Json WritePod(const PodSpec& spec) {
  Json json = {{"restartPolicy", std::string(policy::RestartPolicyName(spec.restart_policy))}};
  for (const ContainerSpec& container : spec.containers) {
    json["containers"].push_back(WriteContainer(container));
  }
  return json;
}

std::optional<PodSpec> ReadPod(const Json& json) {
  if (!json.is_object()) return std::nullopt;
  PodSpec spec;
  spec.source = std::string(policy::kStampSource);
  spec.restart_policy = policy::ParseRestartPolicy(StringMember(json, "restartPolicy"));
  for (const Json& item : Member(json, "containers")) {
    std::optional<ContainerSpec> container = ReadContainer(item);
    if (!container) return std::nullopt;
    spec.containers.push_back(*std::move(container));
  }
  return spec;
}

}  // namespace

policy::Annotations EncodeStamp(const policy::Stamp& stamp) {
  Json json = {{"version", kStampVersion}, {"container", Json::object()}};
  WriteTraits(stamp.traits, json["container"]);
  if (stamp.by_shim) json["launchedAhead"] = true;
  if (stamp.spec) {
    json["pod"] = WritePod(*stamp.spec);
    Json probes = WriteProbes(stamp.spec->containers);
    if (!probes.empty() &&
        probes.dump(-1, ' ', false, Json::error_handler_t::replace).size() <= kMostProbeBytes)
      json["probes"] = std::move(probes);
  }
  return {{kStampAnnotation, json.dump(-1, ' ', false, Json::error_handler_t::replace)}};
}

absl::StatusOr<std::optional<policy::Stamp>> DecodeStamp(const policy::Annotations& container_annotations) {
  auto it = container_annotations.find(kStampAnnotation);
  if (it == container_annotations.end()) {
    if (!HasOlderStamp(container_annotations)) return std::optional<policy::Stamp>();
    return absl::UnimplementedError("its stamp is of an older version of sidecar-shim");
  }
  const auto limit = [](int depth, Json::parse_event_t /*event*/, Json& /*value*/) {
    return depth <= kDeepest;
  };
  const Json json = Json::parse(it->second, limit, /*allow_exceptions=*/false);
  const Json& version = Member(json, "version");
  if (!version.is_number_integer()) return absl::DataLossError("its stamp has no version");
  if (version != kStampVersion) {
    return absl::UnimplementedError(absl::StrCat("its stamp has version ", version.dump(),
                                                 ", which this version of sidecar-shim does not know"));
  }
  const std::optional<Traits> traits = ReadTraits(Member(json, "container"));
  if (!traits) return absl::DataLossError("its stamp is damaged");
  policy::Stamp stamp;
  stamp.traits = *traits;
  stamp.by_shim = BoolMember(json, "launchedAhead");
  stamp.spec = ReadPod(Member(json, "pod"));
  if (stamp.spec) ReadProbes(Member(json, "probes"), stamp.spec->containers);
  return std::optional<policy::Stamp>(std::move(stamp));
}

}  // namespace sidecar_shim
