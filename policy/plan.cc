#include "policy/plan.h"

#include <algorithm>

namespace sidecar_shim::policy {
namespace {

int Depth(const PodPlan& plan) {
  if (plan.names_only) return 0;
  if (plan.restart_policy == RestartPolicy::kUnknown) return 1;
  const bool probed = std::any_of(plan.containers.begin(), plan.containers.end(),
                                  [](const PlannedContainer& container) { return container.Probed(); });
  return probed ? 3 : 2;
}

}  // namespace

bool RestartRule::HoldsFor(int32_t exit_code) const {
  return (std::find(codes.begin(), codes.end(), exit_code) != codes.end()) != any_but;
}

const PlannedContainer* PodPlan::Find(absl::string_view name) const {
  for (const PlannedContainer& container : containers) {
    if (container.name == name) return &container;
  }
  return nullptr;
}

bool PodPlan::IsStamp() const { return source == kStampSource; }

bool PodPlan::TellsMoreThan(const PodPlan& other) const { return Depth(*this) > Depth(other); }

bool PodPlan::ShowsIntent() const {
  for (const PlannedContainer& container : containers) {
    if (container.traits.ShowsIntent()) return true;
  }
  return false;
}

Tri PodPlan::RunsAgain(const PlannedContainer& container, int32_t exit_code) const {
  if (std::any_of(container.restart_rules.begin(), container.restart_rules.end(),
                  [exit_code](const RestartRule& rule) { return rule.HoldsFor(exit_code); })) {
    return Tri::kYes;
  }
  switch (container.own_restart_policy.value_or(restart_policy)) {
    case RestartPolicy::kAlways:
      return Tri::kYes;
    case RestartPolicy::kOnFailure:
      return exit_code != 0 ? Tri::kYes : Tri::kNo;
    case RestartPolicy::kNever:
      return Tri::kNo;
    case RestartPolicy::kUnknown:
      break;
  }
  return Tri::kUnknown;
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
