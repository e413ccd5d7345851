// The whole policy behind one door: events in, actions out.
//
//   Engine engine(options);
//   for (const Action& action : engine.OnEvent(event, now)) Carry(action);
//   if (auto at = engine.NextWakeup()) ... send Tick{} then
//
// An event changes the pod it is about; then the pod is settled: every rule
// is applied to the state as it is now (gates, held starts, completion, stops).
// Rules are levels, not edges, so an event that is lost, doubled or late costs
// time at most. Copyable; not thread-safe; owns no resources.
#ifndef SIDECAR_SHIM_POLICY_ENGINE_H_
#define SIDECAR_SHIM_POLICY_ENGINE_H_

#include <map>
#include <optional>
#include <set>
#include <vector>

#include "policy/events.h"
#include "policy/pod_state.h"
#include "policy/settings.h"

namespace sidecar_shim::policy {

class Engine {
 public:
  explicit Engine(const Options& options) : options_(options) {}

  // `now` never goes backwards.
  Actions OnEvent(const Event& event, Time now);

  // When OnEvent(Tick{}) is due next; nullopt = nothing waits for time.
  std::optional<Time> NextWakeup() const;

  // ---- questions that change nothing ----

  bool KnowsSandbox(const SandboxId& sandbox) const { return pod_of_sandbox_.contains(sandbox); }
  const PodState* FindPod(const PodRef& ref) const;
  const PodState* FindPodOfSandbox(const SandboxId& sandbox) const;
  const ContainerRecord* FindContainer(const ContainerId& container) const;
  const PodState* PodOfContainer(const ContainerId& container) const;

  // The full id of what a caller abbreviated, as runtimes allow: the one known
  // id that begins so. What is known under no or several such ids comes back as
  // it is.
  SandboxId FullSandboxId(const SandboxId& prefix) const;
  ContainerId FullContainerId(const ContainerId& prefix) const;

  // Could IsMasked ever be true for this container?
  bool MayMask(const ContainerId& container) const;
  // Is the exit of this container, dated `finished_at`, reported as success?
  bool IsMasked(const ContainerId& container, RuntimeTime finished_at, Time now) const;

  // Containers that exist in the runtime but must not be shown yet: made ahead
  // of kubelet and not started. kubelet would replace one that it sees CREATED.
  std::set<ContainerId> Hidden() const;

  // May a container be started in this sandbox without kubelet's word?
  bool CanLaunch(const SandboxId& sandbox, Time now) const;

  // The command of a postStart hook that somebody waits for; null if there is
  // none in this container.
  const std::vector<std::string>* PendingPostStart(const ContainerId& container) const;

  // True while the exit of some container would lead to a stop.
  bool HasRunningSidecars() const;

  std::vector<ContainerId> KnownContainers() const;
  std::vector<SandboxId> KnownSandboxes() const;
  size_t PodCount() const { return pods_.size(); }
  size_t WaitingCount() const;

 private:
  struct Pod {
    PodState state;
    std::optional<Time> wakeup;
  };

  Pod* PodOfSandbox(const SandboxId& sandbox);
  Pod* MutablePodOf(const ContainerId& container);
  void Erase(const PodRef& ref, Actions& actions);

  // One overload per event; each returns the pod to settle, null if none.
  Pod* On(const SandboxSeen& event, Time now, Actions& actions);
  Pod* On(const SpecReceived& event, Time now, Actions& actions);
  Pod* On(const CreateRequested& event, Time now, Actions& actions);
  Pod* On(const CreateFailed& event, Time now, Actions& actions);
  Pod* On(const ContainerSeen& event, Time now, Actions& actions);
  Pod* On(const StartRequested& event, Time now, Actions& actions);
  Pod* On(const ContainerStarted& event, Time now, Actions& actions);
  Pod* On(const ContainerReady& event, Time now, Actions& actions);
  Pod* On(const PostStartReturned& event, Time now, Actions& actions);
  Pod* On(const StartFailed& event, Time now, Actions& actions);
  Pod* On(const ContainerExited& event, Time now, Actions& actions);
  Pod* On(const ContainerGone& event, Time now, Actions& actions);
  Pod* On(const CallCancelled& event, Time now, Actions& actions);
  Pod* On(const ExternalStopStarted& event, Time now, Actions& actions);
  Pod* On(const ExternalStopEnded& event, Time now, Actions& actions);
  Pod* On(const PodTerminating& event, Time now, Actions& actions);
  Pod* On(const SandboxStopping& event, Time now, Actions& actions);
  Pod* On(const SandboxGone& event, Time now, Actions& actions);
  Pod* On(const PullStarted& event, Time now, Actions& actions);
  Pod* On(const PullEnded& event, Time now, Actions& actions);
  Pod* On(const SidecarStopEnded& event, Time now, Actions& actions);
  Pod* On(const Tick& event, Time now, Actions& actions);

  void UpdateSettings(PodState& pod, const Annotations& annotations, Actions& actions);
  void Settle(Pod& pod, Time now, Actions& actions);

  Options options_;
  uint64_t next_sequence_ = 1;
  std::map<PodRef, Pod> pods_;
  std::map<SandboxId, PodRef> pod_of_sandbox_;
  std::map<ContainerId, PodRef> pod_of_container_;
};

}  // namespace sidecar_shim::policy

#endif  // SIDECAR_SHIM_POLICY_ENGINE_H_
