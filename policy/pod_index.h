// Which pod is it? The pods that are known, by every id that an event may name.
// Not thread-safe.
#ifndef SIDECAR_SHIM_POLICY_POD_INDEX_H_
#define SIDECAR_SHIM_POLICY_POD_INDEX_H_

#include <map>
#include <optional>
#include <string>
#include <vector>

#include "policy/pod_state.h"

namespace sidecar_shim::policy {

struct IndexedPod {
  PodState state;
  std::optional<Time> wakeup;  // when it must be settled again
};

class PodIndex {
 public:
  // Null where nothing of that id is known.
  IndexedPod* Find(const PodRef& pod);
  IndexedPod* Find(const SandboxId& sandbox);
  IndexedPod* Find(const ContainerId& container);
  const IndexedPod* Find(const PodRef& pod) const;
  const IndexedPod* Find(const SandboxId& sandbox) const;
  const IndexedPod* Find(const ContainerId& container) const;

  // Makes the pod where it is not known yet.
  IndexedPod& AddSandbox(const PodRef& pod, const SandboxId& sandbox);
  void AddContainer(const PodRef& pod, const ContainerId& container) { by_container_[container] = pod; }
  void Remove(const SandboxId& sandbox) { by_sandbox_.erase(sandbox); }
  void Remove(const ContainerId& container) { by_container_.erase(container); }
  // With all its ids.
  void Remove(const PodRef& pod);

  // The full id of what a caller abbreviated, as runtimes allow: the one known
  // id that begins so. A prefix of none or several is returned unchanged.
  SandboxId FullId(const SandboxId& prefix) const;
  ContainerId FullId(const ContainerId& prefix) const;

  std::vector<SandboxId> Sandboxes() const;
  std::vector<ContainerId> Containers() const;

  std::map<PodRef, IndexedPod>& pods() { return pods_; }
  const std::map<PodRef, IndexedPod>& pods() const { return pods_; }

  // The first inconsistency or violated invariant of a pod; "" if there is none.
  std::string CheckInvariants() const;

 private:
  std::map<PodRef, IndexedPod> pods_;
  std::map<SandboxId, PodRef> by_sandbox_;
  std::map<ContainerId, PodRef> by_container_;
};

}  // namespace sidecar_shim::policy

#endif  // SIDECAR_SHIM_POLICY_POD_INDEX_H_
