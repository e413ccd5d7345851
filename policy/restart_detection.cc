#include "policy/restart_detection.h"

#include <algorithm>
#include <chrono>

namespace sidecar_shim::policy {
namespace {

// How far apart kubelet's stops of a pod's containers may lie.
constexpr Duration kStopSpread = std::chrono::seconds(1);

}  // namespace

void MarkStoppedForRecreation(PodState& pod, const SandboxId& sandbox, Time now) {
  Time last_stop = Time::min(), last_exit = Time::min();
  Duration hook{0};
  auto stopped = [&](const ContainerRecord& container) {
    return container.sandbox == sandbox && container.external_stop && container.state == RunState::kExited;
  };
  for (const auto& [id, container] : pod.containers) {
    if (!stopped(container)) continue;
    if (*container.external_stop_at >= last_stop) {
      last_stop = *container.external_stop_at;
      hook = container.pre_stop ? std::chrono::seconds(container.grace_seconds) : Duration{0};
    }
    last_exit = std::max(last_exit, container.exit_seen);
  }
  if (last_exit == Time::min() || now - last_exit > kSandboxStopDelay) return;
  for (auto& [id, container] : pod.containers) {
    if (stopped(container) && last_stop - *container.external_stop_at <= hook + kStopSpread) {
      container.killed_for_restart = true;
    }
  }
}

void DetectRestartAllContainers(PodState& pod, const SandboxId& id, Time now) {
  // kubelet leaves ephemeral containers alone, which no spec lists.
  auto concerned = [&](const ContainerRecord& container) {
    return container.sandbox == id && (!pod.spec || pod.spec->Find(container.name) != nullptr);
  };
  Time last_exit = Time::min();
  for (const auto& [container_id, container] : pod.containers) {
    if (!concerned(container)) continue;
    if (!container.collected) return;
    last_exit = std::max(last_exit, container.exit_seen);
  }
  if (last_exit == Time::min() || now - last_exit > kSandboxStopDelay) return;
  for (auto& [container_id, container] : pod.containers) {
    if (concerned(container)) container.killed_for_restart = true;
  }
  SandboxRecord& sandbox = pod.sandboxes.at(id);
  sandbox.ran.clear();
  sandbox.post_start_done.clear();
  sandbox.ready.clear();
  sandbox.ended.clear();
}

}  // namespace sidecar_shim::policy
