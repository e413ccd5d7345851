// Recognises that the order could not be kept, because the priority of a
// container became known too late. Never guessed silently: it is logged and
// counted.
#ifndef SIDECAR_SHIM_POLICY_UNKNOWN_SPEC_INVERSION_H_
#define SIDECAR_SHIM_POLICY_UNKNOWN_SPEC_INVERSION_H_

#include <optional>
#include <string>

#include "policy/events.h"
#include "policy/pod_state.h"

namespace sidecar_shim::policy {

// For a container that is requested for the first time in its sandbox: a
// sentence about a container of lower priority that has already started there,
// if any.
std::optional<std::string> DescribeInversion(const PodState& pod, const CreateRequested& request);

}  // namespace sidecar_shim::policy

#endif  // SIDECAR_SHIM_POLICY_UNKNOWN_SPEC_INVERSION_H_
