// The probes of a pod's containers as a stamp keeps them: without, a shim that
// starts anew while no source answers would let a container go as soon as the
// one before it runs.
#ifndef SIDECAR_SHIM_POLICY_PROBE_STAMP_H_
#define SIDECAR_SHIM_POLICY_PROBE_STAMP_H_

#include <string>
#include <vector>

#include "absl/strings/string_view.h"
#include "policy/spec.h"

namespace sidecar_shim::policy {

// Empty where there are none, and where they take more than 4 KiB: kubelet
// reads the annotations of all containers every second.
std::string EncodeProbes(const std::vector<ContainerSpec>& containers);

// Gives each container its own. False, with none changed, where the text is
// damaged or names a container that is not there.
bool DecodeProbes(absl::string_view text, std::vector<ContainerSpec>& containers);

}  // namespace sidecar_shim::policy

#endif  // SIDECAR_SHIM_POLICY_PROBE_STAMP_H_
