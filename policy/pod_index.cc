#include "policy/pod_index.h"

#include "absl/strings/str_cat.h"

namespace sidecar_shim::policy {
namespace {

template <typename Pods, typename ById, typename Key>
auto* FindBy(Pods& pods, const ById& by_id, const Key& id) {
  auto it = by_id.find(id);
  return it == by_id.end() ? nullptr : &pods.at(it->second);
}

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

template <typename Map>
std::vector<typename Map::key_type> KeysOf(const Map& map) {
  std::vector<typename Map::key_type> keys;
  keys.reserve(map.size());
  for (const auto& [key, value] : map) keys.push_back(key);
  return keys;
}

}  // namespace

IndexedPod* PodIndex::Find(const PodRef& pod) {
  auto it = pods_.find(pod);
  return it == pods_.end() ? nullptr : &it->second;
}
const IndexedPod* PodIndex::Find(const PodRef& pod) const {
  auto it = pods_.find(pod);
  return it == pods_.end() ? nullptr : &it->second;
}

IndexedPod* PodIndex::Find(const SandboxId& sandbox) { return FindBy(pods_, by_sandbox_, sandbox); }
const IndexedPod* PodIndex::Find(const SandboxId& sandbox) const {
  return FindBy(pods_, by_sandbox_, sandbox);
}

IndexedPod* PodIndex::Find(const ContainerId& container) { return FindBy(pods_, by_container_, container); }
const IndexedPod* PodIndex::Find(const ContainerId& container) const {
  return FindBy(pods_, by_container_, container);
}

IndexedPod& PodIndex::AddSandbox(const PodRef& pod, const SandboxId& sandbox) {
  by_sandbox_[sandbox] = pod;
  IndexedPod& indexed = pods_[pod];
  indexed.state.ref = pod;
  return indexed;
}

void PodIndex::Remove(const PodRef& pod) {
  auto it = pods_.find(pod);
  for (const auto& [id, sandbox] : it->second.state.sandboxes) by_sandbox_.erase(id);
  for (const auto& [id, container] : it->second.state.containers) by_container_.erase(id);
  pods_.erase(it);
}

SandboxId PodIndex::FullId(const SandboxId& prefix) const {
  return FullKey(by_sandbox_, prefix, [](const SandboxId&) { return true; });
}

ContainerId PodIndex::FullId(const ContainerId& prefix) const {
  // The runtime no longer knows those that are kept for their exit.
  return FullKey(by_container_, prefix,
                 [this](const ContainerId& id) { return !Find(id)->state.containers.at(id).collected; });
}

std::vector<SandboxId> PodIndex::Sandboxes() const { return KeysOf(by_sandbox_); }
std::vector<ContainerId> PodIndex::Containers() const { return KeysOf(by_container_); }

std::string PodIndex::CheckInvariants() const {
  size_t sandboxes = 0, containers = 0;
  for (const auto& [ref, pod] : pods_) {
    if (std::string broken = policy::CheckInvariants(pod.state); !broken.empty()) return broken;
    for (const auto& [id, sandbox] : pod.state.sandboxes) {
      if (Find(id) != &pod) return absl::StrCat("sandbox ", id.value(), " is not indexed");
    }
    for (const auto& [id, container] : pod.state.containers) {
      if (Find(id) != &pod) return absl::StrCat("container ", id.value(), " is not indexed");
    }
    sandboxes += pod.state.sandboxes.size();
    containers += pod.state.containers.size();
  }
  if (sandboxes != by_sandbox_.size()) return "the index has a sandbox that no pod has";
  return containers == by_container_.size() ? "" : "the index has a container that no pod has";
}

}  // namespace sidecar_shim::policy
