#include "policy/spec.h"

#include <algorithm>

namespace sidecar_shim::policy {
namespace {

int Depth(const PodSpec& spec) {
  if (spec.names_only) return 0;
  if (spec.restart_policy == RestartPolicy::kUnknown) return 1;
  const bool probed = std::any_of(spec.containers.begin(), spec.containers.end(),
                                  [](const ContainerSpec& container) { return container.Probed(); });
  return probed ? 3 : 2;
}

}  // namespace

bool RestartRule::HoldsFor(int32_t exit_code) const {
  return (std::find(codes.begin(), codes.end(), exit_code) != codes.end()) != any_but;
}

const ContainerSpec* PodSpec::Find(absl::string_view name) const {
  for (const ContainerSpec& container : containers) {
    if (container.name == name) return &container;
  }
  return nullptr;
}

bool PodSpec::IsStamp() const { return source == kStampSource; }

bool PodSpec::IsMoreDetailedThan(const PodSpec& other) const { return Depth(*this) > Depth(other); }

bool PodSpec::ShowsIntent() const {
  for (const ContainerSpec& container : containers) {
    if (container.traits.ShowsIntent()) return true;
  }
  return false;
}

TriState PodSpec::RestartsAfter(const ContainerSpec& container, int32_t exit_code) const {
  if (std::any_of(container.restart_rules.begin(), container.restart_rules.end(),
                  [exit_code](const RestartRule& rule) { return rule.HoldsFor(exit_code); })) {
    return TriState::kYes;
  }
  switch (container.own_restart_policy.value_or(restart_policy)) {
    case RestartPolicy::kAlways:
      return TriState::kYes;
    case RestartPolicy::kOnFailure:
      return exit_code != 0 ? TriState::kYes : TriState::kNo;
    case RestartPolicy::kNever:
      return TriState::kNo;
    case RestartPolicy::kUnknown:
      break;
  }
  return TriState::kUnknown;
}

RestartPolicy ParseRestartPolicy(absl::string_view text) {
  if (text == "Always") return RestartPolicy::kAlways;
  if (text == "OnFailure") return RestartPolicy::kOnFailure;
  if (text == "Never") return RestartPolicy::kNever;
  return RestartPolicy::kUnknown;
}

absl::string_view RestartPolicyName(RestartPolicy policy) {
  switch (policy) {
    case RestartPolicy::kAlways:
      return "Always";
    case RestartPolicy::kOnFailure:
      return "OnFailure";
    case RestartPolicy::kNever:
      return "Never";
    case RestartPolicy::kUnknown:
      break;
  }
  return "Unknown";
}

}  // namespace sidecar_shim::policy
