// Has the pod's work ended? If so, its flagged sidecars are stopped and their
// exits are reported as success.
//
// A main container is a regular container that is not flagged. A pod is
// complete when every main container has exited for good, which its
// restartPolicy decides:
//
//   Never      any exit is final
//   OnFailure  an exit with 0 is final
//   Always     no exit is final
//   unknown    unknown_spec_completion.h
//
// A container's own restartPolicy and restartPolicyRules count before the pod's
// (KEP-5307). A pod without main containers never completes, nor does one
// without a flagged sidecar. "Exited" concerns the newest container of a name,
// over all sandboxes; a main container that is held, or whose image is being
// pulled, has not exited.
//
// When an exit that kubelet caused becomes final. kubelet stops a container
// because (a) the pod is deleted, (b) a probe failed, (c) its image changed or
// (d) its sandbox is replaced. CRI does not say which; in (b) to (d) kubelet
// restarts it whatever its exit code. In (a) kubelet stops the sidecars itself,
// with their preStop hooks. So the exit counts only after one grace of the pod,
// counted from the last activity (creates, pulls) that shows kubelet working on
// this pod, and not at all while the container is held in its new sandbox or
// while the sandbox has no successor. Example: under OnFailure a liveness probe
// fails, kubelet stops the main container, which exits with 0; the job is
// complete one grace later if kubelet has not created the next attempt by then.
//
// Once complete, a pod stays complete until a main container has no final exit
// any more (its next attempt is created, a new one appears, the runtime corrects
// its exit code): the restart of another sidecar must not take the masks away.
#ifndef SIDECAR_SHIM_POLICY_COMPLETION_H_
#define SIDECAR_SHIM_POLICY_COMPLETION_H_

#include <optional>

#include "policy/pod_state.h"

namespace sidecar_shim::policy {

struct Completion {
  bool complete = false;
  // When the last main container ended, in the runtime's time.
  RuntimeTime at = kNoTime;
  // The same, plus the time in which a failed one may be restarted.
  RuntimeTime settled_at = kNoTime;
  // Where all of it happened before this shim started: when the last main
  // container ended. A drain delay that has begun does not begin again.
  std::optional<Time> known_since;
  // Not complete now, but will be at this time if nothing happens.
  std::optional<Time> recheck_at;
};

Completion EvaluateCompletion(const PodState& pod, const Options& options, Time now);

// Is this sidecar's exit, which the runtime dates `finished_at`, reported as
// success? kubelet reads the exit code from ContainerStatus, and acts on it once
// and for all: a sidecar with another code than 0 makes a Job fail under Never
// and is restarted under OnFailure.
bool IsMasked(const PodState& pod, const ContainerRecord& container, RuntimeTime finished_at,
              const Options& options, Time now);

}  // namespace sidecar_shim::policy

#endif  // SIDECAR_SHIM_POLICY_COMPLETION_H_
