// What an event changes in the state of its pod, and nothing else: no rule is
// applied and no action is taken here.
#ifndef SIDECAR_SHIM_POLICY_TRANSITIONS_H_
#define SIDECAR_SHIM_POLICY_TRANSITIONS_H_

#include <cstdint>
#include <vector>

#include "policy/create_decision.h"
#include "policy/events.h"
#include "policy/pod_state.h"
#include "policy/settings.h"

namespace sidecar_shim::policy {

// What a transition may use beside the event and the state.
struct Transition {
  const Options& options;
  Time now;
  uint64_t& next_sequence;
  std::vector<ContainerId> removed = {};  // containers that the pod no longer has
};

// One overload per event that concerns a pod which is known. For events about
// a sandbox or a container that one is known too. False: nothing that a rule
// reads has changed.
bool Apply(const SandboxSeen& event, PodState& pod, Transition& transition);
bool Apply(const SpecReceived& event, PodState& pod, Transition& transition);
bool Apply(const CreateRequested& event, PodState& pod, Transition& transition);
bool Apply(const CreateFailed& event, PodState& pod, Transition& transition);
bool Apply(const ContainerSeen& event, PodState& pod, Transition& transition);
bool Apply(const StartRequested& event, PodState& pod, Transition& transition);
bool Apply(const ContainerStarted& event, PodState& pod, Transition& transition);
bool Apply(const ContainerReady& event, PodState& pod, Transition& transition);
bool Apply(const PostStartReturned& event, PodState& pod, Transition& transition);
bool Apply(const StartFailed& event, PodState& pod, Transition& transition);
bool Apply(const ContainerExited& event, PodState& pod, Transition& transition);
bool Apply(const ContainerGone& event, PodState& pod, Transition& transition);
bool Apply(const CallCancelled& event, PodState& pod, Transition& transition);
bool Apply(const ExternalStopStarted& event, PodState& pod, Transition& transition);
bool Apply(const ExternalStopEnded& event, PodState& pod, Transition& transition);
bool Apply(const PodTerminating& event, PodState& pod, Transition& transition);
bool Apply(const SandboxStopping& event, PodState& pod, Transition& transition);
bool Apply(const SandboxGone& event, PodState& pod, Transition& transition);
bool Apply(const PullStarted& event, PodState& pod, Transition& transition);
bool Apply(const PullEnded& event, PodState& pod, Transition& transition);
bool Apply(const SidecarStopEnded& event, PodState& pod, Transition& transition);

// Takes over the pod's annotations where they have changed.
void UpdateSettings(PodState& pod, const Annotations& annotations, const Options& options);

// What a decision on a create leaves in the state. True: the container had not
// been held before.
bool Apply(const CreateDecision& decision, const CreateRequested& request, PodState& pod, Time now);

}  // namespace sidecar_shim::policy

#endif  // SIDECAR_SHIM_POLICY_TRANSITIONS_H_
