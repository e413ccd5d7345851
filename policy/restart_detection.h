// Which containers kubelet has stopped only to start them again, whatever their
// exit codes.
//
// CRI does not say why kubelet stops a container. It stops one because (a) the
// pod is deleted, (b) its liveness or startup probe failed, (c) its image or
// hash changed, (d) its sandbox is replaced, or (e) the whole pod is restarted
// in place. In (b) to (e) the container runs again. An exit code of 0 would look
// final under OnFailure, and any code under Never, so the sidecars of a live job
// would be stopped. Two cases show themselves by what follows:
//
//   (d) kubelet decides which containers the next sandbox will have, then stops
//       all that run at once, then calls StopPodSandbox (kuberuntime_manager.go
//       computePodActions, killPodWithSyncResult).
//   (e) RestartAllContainers (KEP-5532): kubelet stops all containers and then
//       removes them at once, which it does at no other time.
//
// For the rest completion waits until kubelet had time to restart the container
// (completion.h).
#ifndef SIDECAR_SHIM_POLICY_RESTART_DETECTION_H_
#define SIDECAR_SHIM_POLICY_RESTART_DETECTION_H_

#include <string>

#include "policy/pod_state.h"

namespace sidecar_shim::policy {

// For the moment at which StopPodSandbox is called. Containers that kubelet
// stopped with this sandbox are restarted even if they exited with 0; those that
// it had stopped before, after a failed probe for example, may not. The stop of
// a container with a preStop hook arrives only after the hook, which may take
// the pod's grace.
void MarkStoppedForRecreation(PodState& pod, const SandboxId& sandbox, Time now);

// For the moment at which a container of this sandbox was removed. If that was
// the last of all, and the last exit is only just over, then kubelet restarts
// the whole pod, and its containers are ordered again.
void DetectRestartAllContainers(PodState& pod, const SandboxId& id, Time now);

// Did the container exit for good together with an older sandbox? kubelet
// decides which containers a new sandbox gets before it stops those in the old
// one; whenever it decides again, a container that exited with 0 then is
// complete as far as kubelet knows, so it is requested once or never.
bool CompletedWithItsSandbox(const PodState& pod, const SandboxId& sandbox, const std::string& name);

// Is there a sandbox in which a container that was stopped together with this
// one may be restarted?
bool HasSuccessor(const PodState& pod, const SandboxId& id);

}  // namespace sidecar_shim::policy

#endif  // SIDECAR_SHIM_POLICY_RESTART_DETECTION_H_
