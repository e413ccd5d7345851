#include "policy/queries.h"

#include <algorithm>

#include "policy/kubelet_timing.h"

namespace sidecar_shim::policy {

const ContainerRecord* Latest(const PodState& pod, const std::string& name) {
  const ContainerRecord* latest = nullptr;
  for (const auto& [id, container] : pod.containers) {
    if (container.name != name) continue;
    if (latest == nullptr || latest->sequence < container.sequence) latest = &container;
  }
  return latest;
}

const ContainerSpec* SpecOf(const PodState& pod, const std::string& name) {
  return pod.spec ? pod.spec->Find(name) : nullptr;
}

const LaunchProgress& ProgressOf(const SandboxRecord& sandbox, const std::string& name) {
  static const LaunchProgress none;
  auto it = sandbox.progress.find(name);
  return it == sandbox.progress.end() ? none : it->second;
}

Traits TraitsOf(const PodState& pod, const std::string& name) {
  const ContainerSpec* spec = SpecOf(pod, name);
  auto it = pod.arrived.find(name);
  if (it == pod.arrived.end()) return spec != nullptr ? spec->traits : Traits{};
  return spec != nullptr ? MergeWithSpec(it->second, spec->traits) : it->second;
}

bool ShowsIntent(const PodState& pod) {
  if (pod.settings.ordered || pod.settings.intent || (pod.spec && pod.spec->ShowsIntent())) return true;
  return std::any_of(pod.arrived.begin(), pod.arrived.end(),
                     [](const auto& entry) { return entry.second.ShowsIntent(); });
}

TriState RestartsAfterExit(const PodState& pod, const ContainerRecord& exited) {
  const ContainerSpec* spec = SpecOf(pod, exited.name);
  return spec == nullptr || !exited.exit ? TriState::kUnknown
                                         : pod.spec->RestartsAfter(*spec, exited.exit->code);
}

bool WillNotRestart(const PodState& pod, const ContainerRecord& container) {
  if (RestartsAfterExit(pod, container) == TriState::kNo) return true;
  const ContainerSpec* spec = SpecOf(pod, container.name);
  if (spec == nullptr || !container.exit || !pod.completed_since || !container.traits.sidecar ||
      pod.spec->RestartsAfter(*spec, 0) != TriState::kNo) {
    return false;
  }
  return std::all_of(pod.spec->containers.begin(), pod.spec->containers.end(), [&](const auto& other) {
    const ContainerRecord* main = TraitsOf(pod, other.name).sidecar ? nullptr : Latest(pod, other.name);
    return main == nullptr || !main->exit || main->exit->finished_at <= container.exit->finished_at;
  });
}

bool IsComplete(const PodState& pod, const ContainerRecord& container) {
  if (WillNotRestart(pod, container)) return true;
  return container.exit && container.exit->code == 0 && pod.job_labels && pod.spec &&
         pod.spec->restart_policy == RestartPolicy::kUnknown;
}

Time TeardownSuspectedUntil(const PodState& pod, const SandboxId& sandbox) {
  if (pod.terminating) return Time::max();
  Time until = Time::min();
  for (const auto& [id, container] : pod.containers) {
    if (container.sandbox != sandbox || !container.external_stop) continue;
    if (Latest(pod, container.name) != &container) continue;
    const ExternalStop& stop = *container.external_stop;
    if (stop.in_force && !container.exit) return Time::max();
    // A deletion may give the pod another grace than its spec does.
    const Duration grace = std::max<Duration>(std::chrono::seconds(container.grace_seconds), stop.timeout);
    until = std::max(until, stop.at + grace + kSandboxStopDelay);
  }
  return until;
}

std::optional<Time> PullsFinishedAt(const PodState& pod) {
  if (!pod.pulls.empty()) return std::nullopt;
  Time finished{};
  for (const auto& [image, failed_at] : pod.failed_pulls) {
    finished = std::max(finished, failed_at + kLongestBackOff);
  }
  return finished;
}

}  // namespace sidecar_shim::policy
