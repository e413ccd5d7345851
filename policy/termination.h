// How the sidecars of a complete pod are stopped: after the drain delay, lowest
// priority first, one level at a time, all of a level together. Each stop runs
// the preStop hook and then StopContainer with what is left of the pod's grace
// (at least kubelet's minimum of 2 s); the levels share one grace. A stop that
// fails is retried with a doubling pause.
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

// What is left of the pod's grace for a stop that is sent now.
Duration RemainingGrace(const PodState& pod, const ContainerRecord& sidecar, const Options& options,
                        Time now);

// Pause before a stop is retried that has failed so often.
Duration StopRetryDelay(int failures, const Options& options);

}  // namespace sidecar_shim::policy

#endif  // SIDECAR_SHIM_POLICY_TERMINATION_H_
