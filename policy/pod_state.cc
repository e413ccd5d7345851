#include "policy/pod_state.h"

#include <algorithm>

namespace sidecar_shim::policy {

const ContainerRecord* PodState::Latest(const std::string& name) const {
  const ContainerRecord* latest = nullptr;
  for (const auto& [id, container] : containers) {
    if (container.name == name && (latest == nullptr || latest->order < container.order)) latest = &container;
  }
  return latest;
}

Traits PodState::TraitsOf(const std::string& name) const {
  const PlannedContainer* planned = plan ? plan->Find(name) : nullptr;
  auto it = arrived.find(name);
  if (it == arrived.end()) return planned != nullptr ? planned->traits : Traits{};
  return planned != nullptr ? WithPlanned(it->second, planned->traits) : it->second;
}

bool PodState::IsFinal(const ContainerRecord& container) const {
  const PlannedContainer* planned = plan ? plan->Find(container.name) : nullptr;
  if (planned == nullptr || container.state != RunState::kExited) return false;
  if (plan->RunsAgain(*planned, container.exit_code) == Tri::kNo) return true;
  if (!completed_since || !container.traits.sidecar || plan->RunsAgain(*planned, 0) != Tri::kNo) return false;
  return std::all_of(plan->containers.begin(), plan->containers.end(), [&](const PlannedContainer& other) {
    const ContainerRecord* main = TraitsOf(other.name).sidecar ? nullptr : Latest(other.name);
    return main == nullptr || main->finished_at <= container.finished_at;
  });
}

bool PodState::HasDoneItsWork(const ContainerRecord& container) const {
  return IsFinal(container) || (container.state == RunState::kExited && container.exit_code == 0 &&
                                job_labels && plan && plan->restart_policy == RestartPolicy::kUnknown);
}

Time PodState::TakenDownUntil(const SandboxId& sandbox) const {
  if (terminating) return Time::max();
  Time until = Time::min();
  for (const auto& [id, container] : containers) {
    if (container.sandbox != sandbox || !container.caller_stopped_at || Latest(container.name) != &container)
      continue;
    if (container.caller_stops && container.state != RunState::kExited) return Time::max();
    // Also of a stop that was given up: its signal has been sent. Whoever deletes
    // a pod may give it another grace than its spec does.
    const Duration grace =
        std::max<Duration>(std::chrono::seconds(container.grace_seconds), container.caller_timeout);
    until = std::max(until, *container.caller_stopped_at + grace + kSandboxFollows);
  }
  return until;
}

bool PodState::ShowsIntent() const {
  if (settings.ordered || settings.intent || (plan && plan->ShowsIntent())) return true;
  for (const auto& [name, traits] : arrived) {
    if (traits.ShowsIntent()) return true;
  }
  return false;
}

}  // namespace sidecar_shim::policy
