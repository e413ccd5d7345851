#include "policy/pod_state.h"

#include <algorithm>

namespace sidecar_shim::policy {

const ContainerRecord* PodState::Latest(const std::string& name) const {
  const ContainerRecord* latest = nullptr;
  for (const auto& [id, container] : containers) {
    if (container.name == name && (latest == nullptr || latest->sequence < container.sequence))
      latest = &container;
  }
  return latest;
}

Traits PodState::TraitsOf(const std::string& name) const {
  const ContainerSpec* declared = spec ? spec->Find(name) : nullptr;
  auto it = arrived.find(name);
  if (it == arrived.end()) return declared != nullptr ? declared->traits : Traits{};
  return declared != nullptr ? MergeWithSpec(it->second, declared->traits) : it->second;
}

bool PodState::WillNotRestart(const ContainerRecord& container) const {
  const ContainerSpec* declared = spec ? spec->Find(container.name) : nullptr;
  if (declared == nullptr || container.state != RunState::kExited) return false;
  if (spec->RestartsAfter(*declared, container.exit_code) == TriState::kNo) return true;
  if (!completed_since || !container.traits.sidecar || spec->RestartsAfter(*declared, 0) != TriState::kNo)
    return false;
  return std::all_of(spec->containers.begin(), spec->containers.end(), [&](const ContainerSpec& other) {
    const ContainerRecord* main = TraitsOf(other.name).sidecar ? nullptr : Latest(other.name);
    return main == nullptr || main->finished_at <= container.finished_at;
  });
}

bool PodState::IsComplete(const ContainerRecord& container) const {
  return WillNotRestart(container) || (container.state == RunState::kExited && container.exit_code == 0 &&
                                       job_labels && spec && spec->restart_policy == RestartPolicy::kUnknown);
}

Time PodState::TeardownSuspectedUntil(const SandboxId& sandbox) const {
  if (terminating) return Time::max();
  Time until = Time::min();
  for (const auto& [id, container] : containers) {
    if (container.sandbox != sandbox || !container.external_stop_at || Latest(container.name) != &container)
      continue;
    if (container.external_stop && container.state != RunState::kExited) return Time::max();
    // Also of a stop that was given up: its signal has been sent. Whoever deletes
    // a pod may give it another grace than its spec does.
    const Duration grace =
        std::max<Duration>(std::chrono::seconds(container.grace_seconds), container.external_stop_timeout);
    until = std::max(until, *container.external_stop_at + grace + kSandboxStopDelay);
  }
  return until;
}

bool PodState::ShowsIntent() const {
  if (settings.ordered || settings.intent || (spec && spec->ShowsIntent())) return true;
  for (const auto& [name, traits] : arrived) {
    if (traits.ShowsIntent()) return true;
  }
  return false;
}

}  // namespace sidecar_shim::policy
