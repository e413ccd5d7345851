// Kubelet's decisions about one pod as pure functions of its spec and status:
// computePodActions, ShouldContainerBeRestarted, getPhase.
#ifndef SIDECAR_SHIM_SHIM_RUN_DECISIONS_H_
#define SIDECAR_SHIM_SHIM_RUN_DECISIONS_H_

#include <cstdint>
#include <set>
#include <string>
#include <vector>

#include "absl/strings/string_view.h"
#include "shim/run/pod_model.h"
#include "shim/run/pod_status.h"

namespace sidecar_shim::run {

enum class Phase { kPending, kRunning, kSucceeded, kFailed };
absl::string_view PhaseName(Phase phase);
inline bool IsTerminal(Phase phase) { return phase == Phase::kSucceeded || phase == Phase::kFailed; }

// `waiting`: names of the containers whose last start failed (kubelet's
// reasonCache); a container that will be restarted counts as waiting only then.
Phase ComputePhase(const PodModel& model, const PodStatus& status, const std::set<std::string>& waiting);

// Whether a regular or init container has to be started (again). Created and
// unknown containers have to: for kubelet they failed to start.
bool ShouldRestart(const PodModel& model, const ContainerModel& container, const PodStatus& status);

struct PodActions {
  bool kill_pod = false;  // end what runs and stop the sandbox
  bool create_sandbox = false;
  uint32_t sandbox_attempt = 0;
  // In the order of starting; init containers come one per pass.
  std::vector<const ContainerModel*> init_to_start;
  std::vector<const ContainerModel*> to_start;
};

PodActions ComputeActions(const PodModel& model, const PodStatus& status);

// The attempt number that the next container of that name gets.
uint32_t NextAttempt(const PodStatus& status, absl::string_view name);

}  // namespace sidecar_shim::run

#endif  // SIDECAR_SHIM_SHIM_RUN_DECISIONS_H_
