// The launch order of a pod of which only the container names are known (kubelet's
// podresources API): its containers' envs arrive with their creates, so the
// first ones are refused until all have shown theirs, or until kubelet
// evidently requests no further ones.
#ifndef SIDECAR_SHIM_POLICY_UNKNOWN_SPEC_NAMES_H_
#define SIDECAR_SHIM_POLICY_UNKNOWN_SPEC_NAMES_H_

#include <cstddef>
#include <string>

#include "policy/pod_state.h"

namespace sidecar_shim::policy {

// How many containers kubelet has requested in this sandbox.
size_t CountRequested(const SandboxRecord& sandbox);

// For the moment at which `name` is requested. If it was refused before and
// kubelet has requested no other container since, then kubelet has been through
// all that it is willing to create (SyncPod goes through ContainersToStart in
// spec order and continues after an error). A container that it has left out is
// not expected in this sandbox and must not be waited for: where only names are
// known it may be a native sidecar, or its image is missing; and one that
// completed with the sandbox before may not be run again, because its create
// failed, or because init containers came first.
void MarkUnrequestedContainers(PodState& pod, const SandboxId& id, const std::string& name);

}  // namespace sidecar_shim::policy

#endif  // SIDECAR_SHIM_POLICY_UNKNOWN_SPEC_NAMES_H_
