// Applies every rule to one pod as it stands now. Idempotent: settling twice
// at the same time does nothing the second time.
#ifndef SIDECAR_SHIM_POLICY_SETTLE_H_
#define SIDECAR_SHIM_POLICY_SETTLE_H_

#include <optional>
#include <string>

#include "policy/pod_state.h"

namespace sidecar_shim::policy {

// Returns when the pod must be settled again although nothing happened.
std::optional<Time> SettlePod(PodState& pod, const Options& options, Time now, Actions& actions);

// The annotations for a container about to be created; empty for a pod that
// asks for nothing, whose requests stay byte for byte as they came.
Annotations StampFor(const PodState& pod, const std::string& name, bool by_shim);

}  // namespace sidecar_shim::policy

#endif  // SIDECAR_SHIM_POLICY_SETTLE_H_
