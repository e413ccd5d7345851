#include "policy/plan.h"

namespace sidecar_shim::policy {

const PlannedContainer* PodPlan::Find(absl::string_view name) const {
  for (const PlannedContainer& container : containers) {
    if (container.name == name) return &container;
  }
  return nullptr;
}

bool PodPlan::ShowsIntent() const {
  for (const PlannedContainer& container : containers) {
    if (container.traits.ShowsIntent()) return true;
  }
  return false;
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
