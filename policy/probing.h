// Which containers the shim probes itself. kubelet's own probes may have long
// periods, and CRI does not show their results.
#ifndef SIDECAR_SHIM_POLICY_PROBING_H_
#define SIDECAR_SHIM_POLICY_PROBING_H_

#include <map>

#include "policy/pod_state.h"

namespace sidecar_shim::policy {

// The running containers with a startup or readiness probe that keep another
// container from being created, with their specs (which live as long as
// pod.spec). None in a pod that is being torn down.
std::map<ContainerId, const ContainerSpec*> ContainersToProbe(const PodState& pod);

}  // namespace sidecar_shim::policy

#endif  // SIDECAR_SHIM_POLICY_PROBING_H_
