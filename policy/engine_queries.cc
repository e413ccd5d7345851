// The engine's queries, which change nothing.
#include <algorithm>

#include "policy/completion.h"
#include "policy/engine.h"
#include "policy/queries.h"

namespace sidecar_shim::policy {

const PodState* Engine::FindPod(const PodRef& ref) const {
  const IndexedPod* pod = index_.Find(ref);
  return pod == nullptr ? nullptr : &pod->state;
}

const PodState* Engine::FindPodOfSandbox(const SandboxId& sandbox) const {
  const IndexedPod* pod = index_.Find(sandbox);
  return pod == nullptr ? nullptr : &pod->state;
}

const PodState* Engine::PodOfContainer(const ContainerId& container) const {
  const IndexedPod* pod = index_.Find(container);
  return pod == nullptr ? nullptr : &pod->state;
}

const ContainerRecord* Engine::FindContainer(const ContainerId& container) const {
  const PodState* pod = PodOfContainer(container);
  return pod == nullptr ? nullptr : &pod->containers.at(container);
}

bool Engine::MayMask(const ContainerId& container) const {
  const ContainerRecord* record = FindContainer(container);
  return record != nullptr && record->traits.sidecar && options_.mask != MaskMode::kNever;
}

bool Engine::IsMasked(const ContainerId& container, RuntimeTime finished_at, Time now) const {
  const PodState* pod = PodOfContainer(container);
  return pod != nullptr && policy::IsMasked(*pod, pod->containers.at(container), finished_at, options_, now);
}

std::set<ContainerId> Engine::Hidden() const {
  std::set<ContainerId> hidden;
  for (const auto& [ref, pod] : index_.pods()) {
    for (const auto& [id, container] : pod.state.containers) {
      if (container.by_shim && container.state == RunState::kCreated && !container.start_answered)
        hidden.insert(id);
    }
  }
  return hidden;
}

bool Engine::CanLaunch(const SandboxId& sandbox, Time now) const {
  const PodState* pod = FindPodOfSandbox(sandbox);
  return pod != nullptr && !pod->sandboxes.at(sandbox).stopping &&
         now >= TeardownSuspectedUntil(*pod, sandbox);
}

const std::vector<std::string>* Engine::PendingPostStart(const ContainerId& container) const {
  const PodState* pod = PodOfContainer(container);
  if (pod == nullptr) return nullptr;
  const ContainerRecord& record = pod->containers.at(container);
  const ContainerSpec* spec = SpecOf(*pod, record.name);
  auto sandbox = pod->sandboxes.find(record.sandbox);
  if (spec == nullptr || spec->post_start_command.empty() || sandbox == pod->sandboxes.end()) return nullptr;
  if (ProgressOf(sandbox->second, record.name).post_start_done) return nullptr;
  const auto& progress = sandbox->second.progress;
  const bool any_held = std::any_of(progress.begin(), progress.end(),
                                    [](const auto& entry) { return entry.second.held.has_value(); });
  return any_held ? &spec->post_start_command : nullptr;
}

bool Engine::HasRunningSidecars() const {
  for (const auto& [ref, pod] : index_.pods()) {
    if (!pod.state.settings.enabled) continue;
    for (const auto& [id, container] : pod.state.containers) {
      if (container.traits.sidecar && container.state == RunState::kRunning) return true;
    }
  }
  return false;
}

size_t Engine::HeldCount() const {
  size_t count = 0;
  for (const auto& [ref, pod] : index_.pods()) {
    for (const auto& [id, sandbox] : pod.state.sandboxes) {
      for (const auto& [name, progress] : sandbox.progress) count += progress.held ? 1 : 0;
    }
  }
  return count;
}

}  // namespace sidecar_shim::policy
