// kubelet's rules for one container: whether it is started (again), and under which attempt number.
#ifndef SIDECAR_SHIM_SHIM_RUN_RESTART_RULES_H_
#define SIDECAR_SHIM_SHIM_RUN_RESTART_RULES_H_

#include <cstdint>

#include "absl/strings/string_view.h"
#include "shim/run/pod_model.h"
#include "shim/run/pod_status.h"

namespace sidecar_shim::run {

// kubelet's ShouldContainerBeRestarted, for a regular or init container. True for created and unknown
// containers: kubelet holds that they failed to start.
bool ShouldRestart(const PodModel& model, const ContainerModel& container, const PodStatus& status);

bool ExitedWithZero(const PodStatus& status, const ContainerModel& container);

// The attempt number for the next container of that name.
uint32_t NextAttempt(const PodStatus& status, absl::string_view name);

}  // namespace sidecar_shim::run

#endif  // SIDECAR_SHIM_SHIM_RUN_RESTART_RULES_H_
