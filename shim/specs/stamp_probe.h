// The probes of a pod's containers in a stamp. Without them a shim that is
// restarted while no spec source answers would create a container as soon as the
// one before it runs, ready or not.
#ifndef SIDECAR_SHIM_SHIM_SPECS_STAMP_PROBE_H_
#define SIDECAR_SHIM_SHIM_SPECS_STAMP_PROBE_H_

#include <nlohmann/json_fwd.hpp>
#include <vector>

#include "policy/spec.h"

namespace sidecar_shim {

// An array with one object for each probe, members named after core/v1 Probe,
// durations in nanoseconds, defaults left out. Empty where there are none.
nlohmann::json WriteProbes(const std::vector<policy::ContainerSpec>& containers);

// Gives each container its probes. None is changed where the array is damaged or
// names a container that is not there.
void ReadProbes(const nlohmann::json& probes, std::vector<policy::ContainerSpec>& containers);

}  // namespace sidecar_shim

#endif  // SIDECAR_SHIM_SHIM_SPECS_STAMP_PROBE_H_
