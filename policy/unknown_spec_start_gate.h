// The gate at StartContainer, for pods without a spec: users of crictl
// create containers first and start them later, in any order. Under kubelet,
// which starts each container right after its create, it is open unless the
// start of a container of higher priority has failed.
#ifndef SIDECAR_SHIM_POLICY_UNKNOWN_SPEC_START_GATE_H_
#define SIDECAR_SHIM_POLICY_UNKNOWN_SPEC_START_GATE_H_

#include "policy/gate.h"
#include "policy/pod_state.h"

namespace sidecar_shim::policy {

// May this created container be started now? Not while another container of
// higher priority exists in its sandbox and no container of that name has been
// started there. Open where a spec is known: the gate at the create has decided
// then, a launch timeout included.
Verdict EvaluateStart(const PodState& pod, const ContainerRecord& container);

}  // namespace sidecar_shim::policy

#endif  // SIDECAR_SHIM_POLICY_UNKNOWN_SPEC_START_GATE_H_
