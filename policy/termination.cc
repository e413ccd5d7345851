#include "policy/termination.h"

#include <algorithm>

#include "policy/launch_order.h"
#include "policy/queries.h"

namespace sidecar_shim::policy {
namespace {

// A container that kubelet restarts although it is reported as a success is left
// alone: each stop would only bring the next restart (KEP-5307).
bool RestartsAfterSuccess(const PodState& pod, const std::string& name) {
  const ContainerSpec* spec = SpecOf(pod, name);
  return spec != nullptr && pod.spec->RestartsAfter(*spec, 0) == TriState::kYes;
}

// Regular containers only; where a spec does not list a container it is none.
bool IsOurs(const PodState& pod, const ContainerRecord& container) {
  return container.traits.sidecar && (!pod.spec || SpecOf(pod, container.name) != nullptr) &&
         !RestartsAfterSuccess(pod, container.name);
}

}  // namespace

StopDecision EvaluateStops(const PodState& pod, Time now) {
  StopDecision decision;
  const Time drained = *pod.completed_since + pod.settings.drain_delay;
  if (now < drained) {
    decision.recheck_at = drained;
    return decision;
  }
  std::optional<int64_t> level;
  std::vector<std::pair<int64_t, const std::pair<const ContainerId, ContainerRecord>*>> running;
  for (const auto& entry : pod.containers) {
    const ContainerRecord& container = entry.second;
    if (container.state != RunState::kRunning || !IsOurs(pod, container)) continue;
    const int64_t priority = EffectivePriority(pod, container.name);
    level = level ? std::min(*level, priority) : priority;
    running.emplace_back(priority, &entry);
  }
  for (const auto& [priority, entry] : running) {
    const ContainerRecord& container = entry->second;
    if (priority != *level || container.StopInForce()) continue;
    if (container.stop.stage == StopProgress::Stage::kInProgress) continue;
    if (container.stop.stage == StopProgress::Stage::kRetryWait && now < container.stop.retry_at) {
      decision.recheck_at =
          std::min(decision.recheck_at.value_or(container.stop.retry_at), container.stop.retry_at);
      continue;
    }
    decision.stop_now.push_back(entry->first);
  }
  return decision;
}

Duration RemainingGrace(const PodState& pod, const ContainerRecord& sidecar, const Options& options,
                        Time now) {
  const Duration grace = std::chrono::seconds(sidecar.grace_seconds);
  const Duration spent = pod.stop_began ? now - *pod.stop_began : Duration{0};
  return std::max(grace - spent, options.minimum_grace);
}

Duration StopRetryDelay(int failures, const Options& options) {
  Duration delay = options.stop_retry_base;
  for (int i = 1; i < failures && delay < options.stop_retry_max; ++i) delay *= 2;
  return std::min(delay, options.stop_retry_max);
}

}  // namespace sidecar_shim::policy
