#include "policy/stamp.h"

#include <utility>
#include <vector>

#include "absl/strings/numbers.h"
#include "absl/strings/str_cat.h"
#include "absl/strings/str_join.h"
#include "absl/strings/str_split.h"
#include "policy/probe_stamp.h"

namespace sidecar_shim::policy {
namespace {

// Container names are DNS labels and the rest are numbers and letters, so
// plain separators need no quoting:
//   traits      p<priority> | u (unresolved) | x (invalid) | - (unset), then s, i, b flags
//   container   name/traits/hook[/own restartPolicy[/rule,rule...]], hook: y, n or ?
//   rule        + (any of) or - (any but) the exit codes, with . between them
//   spec        restartPolicy;container;container;...
std::string Key(absl::string_view name) { return absl::StrCat(kStampPrefix, name); }

std::string EncodePriority(const Priority& priority) {
  switch (priority.kind) {
    case Priority::Kind::kValue:
      return absl::StrCat("p", priority.value);
    case Priority::Kind::kUnresolved:
      return "u";
    case Priority::Kind::kInvalid:
      return "x";
    case Priority::Kind::kUnset:
      break;
  }
  return "-";
}

std::string EncodeTraits(const Traits& traits) {
  return absl::StrCat(EncodePriority(traits.priority), traits.sidecar ? ",s" : "",
                      traits.ignore_exit_code ? ",i" : "", traits.barrier ? ",b" : "");
}

std::optional<Traits> DecodeTraits(absl::string_view text) {
  const std::vector<absl::string_view> parts = absl::StrSplit(text, ',');
  Traits traits;
  absl::string_view priority = parts[0];
  if (priority == "u") {
    traits.priority.kind = Priority::Kind::kUnresolved;
  } else if (priority == "x") {
    traits.priority.kind = Priority::Kind::kInvalid;
  } else if (priority != "-") {
    if (priority.empty() || priority.front() != 'p') return std::nullopt;
    traits.priority = ParsePriority(priority.substr(1));
    if (traits.priority.kind != Priority::Kind::kValue) return std::nullopt;
  }
  for (size_t i = 1; i < parts.size(); ++i) {
    if (parts[i] == "s") traits.sidecar = true;
    if (parts[i] == "i") traits.ignore_exit_code = true;
    if (parts[i] == "b") traits.barrier = true;
  }
  return traits;
}

std::string EncodeRule(const RestartRule& rule) {
  return absl::StrCat(rule.any_but ? "-" : "+", absl::StrJoin(rule.codes, "."));
}

std::optional<RestartRule> DecodeRule(absl::string_view text) {
  if (text.empty() || (text.front() != '+' && text.front() != '-')) return std::nullopt;
  RestartRule rule;
  rule.any_but = text.front() == '-';
  for (const absl::string_view code : absl::StrSplit(text.substr(1), '.', absl::SkipEmpty())) {
    if (!absl::SimpleAtoi(code, &rule.codes.emplace_back())) return std::nullopt;
  }
  return rule;
}

std::string EncodeContainer(const ContainerSpec& container) {
  const char* hook = container.post_start == TriState::kYes  ? "y"
                     : container.post_start == TriState::kNo ? "n"
                                                             : "?";
  std::string text = absl::StrCat(container.name, "/", EncodeTraits(container.traits), "/", hook);
  if (!container.own_restart_policy) return text;
  absl::StrAppend(&text, "/", RestartPolicyName(*container.own_restart_policy));
  for (size_t i = 0; i < container.restart_rules.size(); ++i) {
    absl::StrAppend(&text, i == 0 ? "/" : ",", EncodeRule(container.restart_rules[i]));
  }
  return text;
}

std::optional<ContainerSpec> DecodeContainer(absl::string_view text) {
  const std::vector<absl::string_view> parts = absl::StrSplit(text, '/');
  if (parts.size() < 3 || parts[0].empty()) return std::nullopt;
  std::optional<Traits> traits = DecodeTraits(parts[1]);
  if (!traits) return std::nullopt;
  ContainerSpec container;
  container.name = std::string(parts[0]);
  container.traits = *traits;
  const char hook = parts[2].empty() ? '?' : parts[2].front();
  container.post_start = hook == 'y' ? TriState::kYes : hook == 'n' ? TriState::kNo : TriState::kUnknown;
  if (parts.size() > 3) container.own_restart_policy = ParseRestartPolicy(parts[3]);
  if (parts.size() > 4) {
    for (const absl::string_view part : absl::StrSplit(parts[4], ',')) {
      std::optional<RestartRule> rule = DecodeRule(part);
      if (!rule) return std::nullopt;
      container.restart_rules.push_back(*std::move(rule));
    }
  }
  return container;
}

std::optional<PodSpec> DecodeSpec(absl::string_view text) {
  const std::vector<absl::string_view> parts = absl::StrSplit(text, ';');
  PodSpec spec;
  spec.source = std::string(kStampSource);
  spec.restart_policy = ParseRestartPolicy(parts[0]);
  for (size_t i = 1; i < parts.size(); ++i) {
    std::optional<ContainerSpec> container = DecodeContainer(parts[i]);
    if (!container) return std::nullopt;
    spec.containers.push_back(*std::move(container));
  }
  return spec;
}

}  // namespace

Annotations WriteStamp(const Stamp& stamp) {
  Annotations annotations;
  annotations[Key("container")] = EncodeTraits(stamp.traits);
  if (stamp.by_shim) annotations[Key("launched-ahead")] = "true";
  if (stamp.spec) {
    std::string text(RestartPolicyName(stamp.spec->restart_policy));
    for (const ContainerSpec& container : stamp.spec->containers) {
      absl::StrAppend(&text, ";", EncodeContainer(container));
    }
    annotations[Key("pod")] = text;
    if (std::string probes = EncodeProbes(stamp.spec->containers); !probes.empty())
      annotations[Key("probes")] = std::move(probes);
  }
  return annotations;
}

std::optional<Stamp> ReadStamp(const Annotations& container_annotations) {
  auto find = [&](absl::string_view name) -> const std::string* {
    auto it = container_annotations.find(Key(name));
    return it == container_annotations.end() ? nullptr : &it->second;
  };
  const std::string* traits = find("container");
  if (traits == nullptr) return std::nullopt;
  Stamp stamp;
  if (std::optional<Traits> decoded = DecodeTraits(*traits)) stamp.traits = *decoded;
  stamp.by_shim = find("launched-ahead") != nullptr;
  if (const std::string* spec = find("pod")) stamp.spec = DecodeSpec(*spec);
  if (const std::string* probes = find("probes"); probes != nullptr && stamp.spec)
    DecodeProbes(*probes, stamp.spec->containers);
  return stamp;
}

}  // namespace sidecar_shim::policy
