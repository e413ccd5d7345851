#include "policy/pod_state.h"

namespace sidecar_shim::policy {

const ContainerRecord* PodState::Latest(const std::string& name) const {
  const ContainerRecord* latest = nullptr;
  for (const auto& [id, container] : containers) {
    if (container.name == name && (latest == nullptr || latest->order < container.order)) latest = &container;
  }
  return latest;
}

Traits PodState::TraitsOf(const std::string& name) const {
  if (auto it = arrived.find(name); it != arrived.end()) return it->second;
  const PlannedContainer* planned = plan ? plan->Find(name) : nullptr;
  return planned != nullptr ? planned->traits : Traits{};
}

bool PodState::ShowsIntent() const {
  if (settings.ordered || (plan && plan->ShowsIntent())) return true;
  for (const auto& [name, traits] : arrived) {
    if (traits.ShowsIntent()) return true;
  }
  return false;
}

}  // namespace sidecar_shim::policy
