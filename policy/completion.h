// Has the pod's real work ended? (facts/openkruise.md §2.2, with the cases
// that OpenKruise hangs on closed.)
//
//   Never      all mains have finished
//   OnFailure  all mains have finished with 0
//   Always     never
//   unknown    a pod with job labels: all mains finished with 0, or a failed
//              one has not come back within restart_grace_period
//
// A main is a regular container that is not flagged. Where the list of regular
// containers is unknown, the pod must have been quiet for quiet_period and
// no image of its may be missing. A pod of sidecars only never completes.
#ifndef SIDECAR_SHIM_POLICY_COMPLETION_H_
#define SIDECAR_SHIM_POLICY_COMPLETION_H_

#include <optional>

#include "policy/pod_state.h"

namespace sidecar_shim::policy {

struct Completion {
  bool complete = false;
  // When the last main ended, in the runtime's time.
  RuntimeTime at = kNoTime;
  // The same, plus the time that a failed main was given to come back.
  RuntimeTime settled_at = kNoTime;
  // Where all of it happened before this shim came: when the last main ended.
  // A drain delay that has begun does not begin anew.
  std::optional<Time> known_since;
  // Not complete now, but will be at this time if nothing happens.
  std::optional<Time> recheck_at;
};

Completion EvaluateCompletion(const PodState& pod, const Options& options, Time now);

// Is this sidecar's exit, which the runtime dates `finished_at`, reported as
// success? (design: "Mask"; kubelet reads the exit code from ContainerStatus.)
bool IsMasked(const PodState& pod, const ContainerRecord& container, RuntimeTime finished_at,
              const Options& options, Time now);

}  // namespace sidecar_shim::policy

#endif  // SIDECAR_SHIM_POLICY_COMPLETION_H_
