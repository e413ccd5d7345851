// Which sidecars of a completed pod are to be stopped now: lowest priority
// first, one level at a time, all of a level together, after the drain delay.
#ifndef SIDECAR_SHIM_POLICY_TERMINATION_H_
#define SIDECAR_SHIM_POLICY_TERMINATION_H_

#include <optional>
#include <vector>

#include "policy/pod_state.h"

namespace sidecar_shim::policy {

struct StopDecision {
  std::vector<ContainerId> stop_now;
  std::optional<Time> recheck_at;
};

// Call only for a pod that is complete since pod.completed_since.
StopDecision EvaluateStops(const PodState& pod, Time now);

// What is left of the pod's grace for a stop sent now: the levels share it.
Duration RemainingGrace(const PodState& pod, const ContainerRecord& sidecar, const Options& options,
                        Time now);

// Pause before a failed stop is tried again.
Duration StopRetryDelay(int failures, const Options& options);

}  // namespace sidecar_shim::policy

#endif  // SIDECAR_SHIM_POLICY_TERMINATION_H_
