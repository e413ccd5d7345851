// The policy's only interface: events in, actions out.
//
//   Engine engine(options);
//   for (const Action& action : engine.OnEvent(event, now)) Execute(action);
//   if (auto at = engine.NextWakeup()) ... send Tick{} then
//
// An event changes the state of the pod that it is about (transitions); then
// the pod is settled: every rule is applied to its current state. Copyable;
// not thread-safe; owns no resources. policy/README.md explains the whole.
#ifndef SIDECAR_SHIM_POLICY_ENGINE_H_
#define SIDECAR_SHIM_POLICY_ENGINE_H_

#include <optional>
#include <set>
#include <string>
#include <vector>

#include "policy/actions.h"
#include "policy/events.h"
#include "policy/pod_index.h"
#include "policy/settings.h"

namespace sidecar_shim::policy {

class Engine {
 public:
  explicit Engine(const Options& options) : options_(options) {}

  // `now` never goes backwards.
  Actions OnEvent(const Event& event, Time now);

  // When OnEvent(Tick{}) is due next; nullopt = nothing waits for time.
  std::optional<Time> NextWakeup() const;

  // ---- queries that change nothing; null or false for what is not known ----

  bool KnowsSandbox(const SandboxId& sandbox) const { return index_.Find(sandbox) != nullptr; }
  const PodState* FindPod(const PodRef& ref) const;
  const PodState* FindPodOfSandbox(const SandboxId& sandbox) const;
  const ContainerRecord* FindContainer(const ContainerId& container) const;
  const PodState* PodOfContainer(const ContainerId& container) const;

  // See PodIndex::FullId.
  SandboxId FullSandboxId(const SandboxId& prefix) const { return index_.FullId(prefix); }
  ContainerId FullContainerId(const ContainerId& prefix) const { return index_.FullId(prefix); }

  // Could IsMasked ever be true for this container?
  bool MayMask(const ContainerId& container) const;
  // Is the exit of this container, dated `finished_at`, reported as success?
  bool IsMasked(const ContainerId& container, RuntimeTime finished_at, Time now) const;

  // Containers that exist in the runtime but must not be shown yet: created ahead
  // of kubelet and not started. kubelet would replace one that it sees CREATED.
  std::set<ContainerId> Hidden() const;

  // May the shim start a container in this sandbox ahead of kubelet?
  bool CanLaunch(const SandboxId& sandbox, Time now) const;

  // The command of a postStart hook that a held container waits for; null if this
  // container has none.
  const std::vector<std::string>* PendingPostStart(const ContainerId& container) const;

  // True while the exit of some container could lead to a stop.
  bool HasRunningSidecars() const;

  std::vector<ContainerId> KnownContainers() const { return index_.Containers(); }
  std::vector<SandboxId> KnownSandboxes() const { return index_.Sandboxes(); }
  size_t PodCount() const { return index_.pods().size(); }
  size_t HeldCount() const;  // creates that are held back

  // See PodIndex::CheckInvariants.
  std::string CheckInvariants() const { return index_.CheckInvariants(); }

 private:
  template <typename E>
  void Handle(const E& event, Time now, Actions& actions);
  void Handle(const SandboxSeen& event, Time now, Actions& actions);
  void Handle(const CreateRequested& event, Time now, Actions& actions);
  void Handle(const StartRequested& event, Time now, Actions& actions);
  void Handle(const SandboxGone& event, Time now, Actions& actions);
  void Handle(const CallCancelled& event, Time now, Actions& actions);
  void Handle(const Tick& event, Time now, Actions& actions);

  template <typename E>
  void ApplyAndSettle(const E& event, IndexedPod& pod, Time now, Actions& actions);
  void Settle(IndexedPod& pod, Time now, Actions& actions);

  Options options_;
  uint64_t next_sequence_ = 1;
  PodIndex index_;
};

}  // namespace sidecar_shim::policy

#endif  // SIDECAR_SHIM_POLICY_ENGINE_H_
