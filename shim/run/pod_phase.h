// kubelet's getPhase: the pod's phase, from its spec and status.
#ifndef SIDECAR_SHIM_SHIM_RUN_POD_PHASE_H_
#define SIDECAR_SHIM_SHIM_RUN_POD_PHASE_H_

#include <set>
#include <string>

#include "absl/strings/string_view.h"
#include "shim/run/pod_model.h"
#include "shim/run/pod_status.h"

namespace sidecar_shim::run {

enum class Phase { kPending, kRunning, kSucceeded, kFailed };
absl::string_view PhaseName(Phase phase);
inline bool IsTerminal(Phase phase) { return phase == Phase::kSucceeded || phase == Phase::kFailed; }

// `waiting`: the names of the containers whose last start failed (kubelet's reasonCache). Only these count as
// waiting once they have run and will be restarted.
Phase ComputePhase(const PodModel& model, const PodStatus& status, const std::set<std::string>& waiting);

}  // namespace sidecar_shim::run

#endif  // SIDECAR_SHIM_SHIM_RUN_POD_PHASE_H_
