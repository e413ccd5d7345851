#include "policy/restart_detection.h"

#include <algorithm>
#include <chrono>
#include <vector>

#include "policy/kubelet_timing.h"
#include "policy/queries.h"

namespace sidecar_shim::policy {
namespace {

Duration HookTime(const ContainerRecord& container) {
  return container.pre_stop ? Duration(std::chrono::seconds(container.grace_seconds)) : Duration{0};
}

}  // namespace

void MarkStoppedForRecreation(PodState& pod, const SandboxId& sandbox, Time now) {
  std::vector<ContainerRecord*> stopped;
  for (auto& [id, container] : pod.containers) {
    if (container.sandbox == sandbox && container.StopInForce() && container.exit)
      stopped.push_back(&container);
  }
  Time last_exit = Time::min();
  const ContainerRecord* last = nullptr;  // whose stop arrived last
  for (const ContainerRecord* container : stopped) {
    last_exit = std::max(last_exit, container->exit->observed_at);
    if (last == nullptr || container->external_stop->at >= last->external_stop->at) last = container;
  }
  if (last == nullptr || now - last_exit > kSandboxStopDelay) return;
  for (ContainerRecord* container : stopped) {
    const Duration apart = last->external_stop->at - container->external_stop->at;
    if (apart <= HookTime(*last) + kStopSpread) container->killed_for_restart = true;
  }
}

void DetectRestartAllContainers(PodState& pod, const SandboxId& id, Time now) {
  std::vector<ContainerRecord*> concerned;
  for (auto& [container_id, container] : pod.containers) {
    // kubelet leaves ephemeral containers alone, which no spec source lists.
    if (container.sandbox != id || (pod.spec && pod.spec->Find(container.name) == nullptr)) continue;
    if (!container.collected) return;
    concerned.push_back(&container);
  }
  Time last_exit = Time::min();
  for (const ContainerRecord* container : concerned) {
    last_exit = std::max(last_exit, container->exit->observed_at);
  }
  if (concerned.empty() || now - last_exit > kSandboxStopDelay) return;
  SandboxRecord& sandbox = pod.sandboxes.at(id);
  for (ContainerRecord* container : concerned) {
    container->killed_for_restart = true;
    LaunchProgress& progress = sandbox.progress[container->name];
    progress.stage = LaunchProgress::Stage::kNeverStarted;
    progress.ready = false;
    progress.post_start_done = false;
  }
}

bool CompletedWithItsSandbox(const PodState& pod, const SandboxId& sandbox, const std::string& name) {
  const ContainerRecord* latest = Latest(pod, name);
  return latest != nullptr && latest->killed_for_restart && latest->sandbox != sandbox &&
         IsComplete(pod, *latest);
}

bool HasSuccessor(const PodState& pod, const SandboxId& id) {
  auto own = pod.sandboxes.find(id);
  return std::any_of(pod.sandboxes.begin(), pod.sandboxes.end(), [&](const auto& entry) {
    const SandboxRecord& other = entry.second;
    return !other.stopping && (own == pod.sandboxes.end() || other.sequence > own->second.sequence);
  });
}

}  // namespace sidecar_shim::policy
