// The questions about an engine's state that change nothing.
#include "policy/completion.h"
#include "policy/engine.h"

namespace sidecar_shim::policy {
namespace {

// The only key of `map` that begins with `prefix` and counts; else `prefix`.
template <typename Map, typename Counts>
typename Map::key_type FullKey(const Map& map, const typename Map::key_type& prefix, const Counts& counts) {
  if (prefix.empty() || map.contains(prefix)) return prefix;
  const typename Map::key_type* found = nullptr;
  for (auto it = map.lower_bound(prefix); it != map.end() && it->first.value().starts_with(prefix.value());
       ++it) {
    if (!counts(it->first)) continue;
    if (found != nullptr) return prefix;
    found = &it->first;
  }
  return found == nullptr ? prefix : *found;
}

}  // namespace

SandboxId Engine::FullSandboxId(const SandboxId& prefix) const {
  return FullKey(pod_of_sandbox_, prefix, [](const SandboxId&) { return true; });
}

ContainerId Engine::FullContainerId(const ContainerId& prefix) const {
  // The runtime does not know those any more that are kept for their exit.
  return FullKey(pod_of_container_, prefix,
                 [this](const ContainerId& id) { return !FindContainer(id)->collected; });
}

const PodState* Engine::FindPod(const PodRef& ref) const {
  auto it = pods_.find(ref);
  return it == pods_.end() ? nullptr : &it->second.state;
}

const PodState* Engine::FindPodOfSandbox(const SandboxId& sandbox) const {
  auto it = pod_of_sandbox_.find(sandbox);
  return it == pod_of_sandbox_.end() ? nullptr : FindPod(it->second);
}

const PodState* Engine::PodOfContainer(const ContainerId& container) const {
  auto it = pod_of_container_.find(container);
  return it == pod_of_container_.end() ? nullptr : FindPod(it->second);
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
  for (const auto& [ref, pod] : pods_) {
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
         now >= pod->TeardownSuspectedUntil(sandbox);
}

const std::vector<std::string>* Engine::PendingPostStart(const ContainerId& container) const {
  const PodState* pod = PodOfContainer(container);
  if (pod == nullptr || !pod->spec) return nullptr;
  const ContainerRecord& record = pod->containers.at(container);
  const ContainerSpec* spec = pod->spec->Find(record.name);
  auto sandbox = pod->sandboxes.find(record.sandbox);
  if (spec == nullptr || spec->post_start_command.empty() || sandbox == pod->sandboxes.end() ||
      sandbox->second.waiting.empty() || sandbox->second.post_start_done.contains(record.name)) {
    return nullptr;
  }
  return &spec->post_start_command;
}

bool Engine::HasRunningSidecars() const {
  for (const auto& [ref, pod] : pods_) {
    if (!pod.state.settings.enabled) continue;
    for (const auto& [id, container] : pod.state.containers) {
      if (container.traits.sidecar && container.state == RunState::kRunning) return true;
    }
  }
  return false;
}

std::vector<ContainerId> Engine::KnownContainers() const {
  std::vector<ContainerId> ids;
  ids.reserve(pod_of_container_.size());
  for (const auto& [id, ref] : pod_of_container_) ids.push_back(id);
  return ids;
}

std::vector<SandboxId> Engine::KnownSandboxes() const {
  std::vector<SandboxId> ids;
  ids.reserve(pod_of_sandbox_.size());
  for (const auto& [id, ref] : pod_of_sandbox_) ids.push_back(id);
  return ids;
}

size_t Engine::WaitingCount() const {
  size_t count = 0;
  for (const auto& [ref, pod] : pods_) {
    for (const auto& [id, sandbox] : pod.state.sandboxes) count += sandbox.waiting.size();
  }
  return count;
}

}  // namespace sidecar_shim::policy
