#include "policy/comes_again.h"

#include <algorithm>
#include <chrono>

namespace sidecar_shim::policy {
namespace {

// How far apart kubelet's stops of a pod's containers may lie.
constexpr Duration kStopsTogether = std::chrono::seconds(1);

}  // namespace

void MarkWhatGoesWithSandbox(PodState& pod, const SandboxId& sandbox, Time now) {
  Time last_stop = Time::min(), last_exit = Time::min();
  Duration hook{0};
  auto stopped = [&](const ContainerRecord& container) {
    return container.sandbox == sandbox && container.caller_stops && container.state == RunState::kExited;
  };
  for (const auto& [id, container] : pod.containers) {
    if (!stopped(container)) continue;
    if (*container.caller_stopped_at >= last_stop) {
      last_stop = *container.caller_stopped_at;
      hook = container.pre_stop ? std::chrono::seconds(container.grace_seconds) : Duration{0};
    }
    last_exit = std::max(last_exit, container.exit_seen);
  }
  if (last_exit == Time::min() || now - last_exit > kSandboxFollows) return;
  for (auto& [id, container] : pod.containers) {
    if (stopped(container) && last_stop - *container.caller_stopped_at <= hook + kStopsTogether) {
      container.went_with_sandbox = true;
    }
  }
}

void NoticeRestartOfAll(PodState& pod, const SandboxId& id, Time now) {
  // kubelet leaves ephemeral containers alone, which no plan lists.
  auto concerned = [&](const ContainerRecord& container) {
    return container.sandbox == id && (!pod.plan || pod.plan->Find(container.name) != nullptr);
  };
  Time last_exit = Time::min();
  for (const auto& [container_id, container] : pod.containers) {
    if (!concerned(container)) continue;
    if (!container.collected) return;
    last_exit = std::max(last_exit, container.exit_seen);
  }
  if (last_exit == Time::min() || now - last_exit > kSandboxFollows) return;
  for (auto& [container_id, container] : pod.containers) {
    if (concerned(container)) container.went_with_sandbox = true;
  }
  SandboxRecord& sandbox = pod.sandboxes.at(id);
  sandbox.ran.clear();
  sandbox.hooks_over.clear();
  sandbox.ready.clear();
  sandbox.ended.clear();
}

}  // namespace sidecar_shim::policy
