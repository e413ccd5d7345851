// Which containers kubelet has ended only to start them again, whatever their
// exit codes.
#ifndef SIDECAR_SHIM_POLICY_RESTART_DETECTION_H_
#define SIDECAR_SHIM_POLICY_RESTART_DETECTION_H_

#include "policy/pod_state.h"

namespace sidecar_shim::policy {

// For the moment at which somebody stops this sandbox. To replace one kubelet
// decides which containers will run in the next one, then stops all that run at
// once, then the sandbox (computePodActions, killPod). So what it stops now
// comes again even if it ends with 0; what it had stopped before, for a failed
// probe say, may not. Of a container with a preStop hook the stop is seen only
// after the hook, which may take the pod's grace.
void MarkStoppedForRecreation(PodState& pod, const SandboxId& sandbox, Time now);

// For the moment at which a container of this sandbox was removed. To run a
// whole pod anew in its sandbox (the action RestartAllContainers, KEP-5532)
// kubelet ends all containers and then removes them, which it does at no other
// time while the last of them has only just ended. What comes then comes as
// into a new sandbox.
void DetectRestartAllContainers(PodState& pod, const SandboxId& sandbox, Time now);

}  // namespace sidecar_shim::policy

#endif  // SIDECAR_SHIM_POLICY_RESTART_DETECTION_H_
