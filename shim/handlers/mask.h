// Reports the exit of a sidecar that ended with its job as success. kubelet reads exit codes from
// ContainerStatus; with the feature gate EventedPLEG (KEP-3386) also from PodSandboxStatus and
// GetContainerEvents.
#ifndef SIDECAR_SHIM_SHIM_HANDLERS_MASK_H_
#define SIDECAR_SHIM_SHIM_HANDLERS_MASK_H_

#include <optional>
#include <string>

#include "cri.pb.h"
#include "shim/driver/policy_driver.h"

namespace sidecar_shim {

// Masks the status if the policy says so. Returns the real exit as JSON
// ({"masked":true,"exitCode":143,"reason":"Error","message":""}), nullopt if nothing was changed.
std::optional<std::string> MaskStatus(const PolicyDriver& driver, runtime::v1::ContainerStatus& status);

}  // namespace sidecar_shim

#endif  // SIDECAR_SHIM_SHIM_HANDLERS_MASK_H_
