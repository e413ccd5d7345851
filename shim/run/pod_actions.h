// kubelet's computePodActions: what the next pass does for a pod, from its spec and status.
#ifndef SIDECAR_SHIM_SHIM_RUN_POD_ACTIONS_H_
#define SIDECAR_SHIM_SHIM_RUN_POD_ACTIONS_H_

#include <cstdint>
#include <vector>

#include "shim/run/pod_model.h"
#include "shim/run/pod_status.h"

namespace sidecar_shim::run {

struct PodActions {
  bool kill_pod = false;  // stop the running containers and the sandbox
  bool create_sandbox = false;
  uint32_t sandbox_attempt = 0;
  // In the order in which they are started; one init container per pass.
  std::vector<const ContainerModel*> init_to_start;
  std::vector<const ContainerModel*> to_start;
};

// The pointers are into `model`.
PodActions ComputeActions(const PodModel& model, const PodStatus& status);

}  // namespace sidecar_shim::run

#endif  // SIDECAR_SHIM_SHIM_RUN_POD_ACTIONS_H_
