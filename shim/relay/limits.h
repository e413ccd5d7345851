// What the relay keeps for calls.
#ifndef SIDECAR_SHIM_SHIM_RELAY_LIMITS_H_
#define SIDECAR_SHIM_SHIM_RELAY_LIMITS_H_

#include <cstddef>

namespace sidecar_shim {

// A message that is larger passes without its handler. kubelet and containerd take 16 MiB.
inline constexpr size_t kLargestGathered = 64 * 1024 * 1024;

// What is kept of a query's request, so that it can be sent again.
inline constexpr size_t kLargestRepeated = 64 * 1024;

// Connections to the runtime that carry one changing call each. Further ones share them.
inline constexpr size_t kMostAlone = 64;
// Of those, kept open while no call uses them.
inline constexpr size_t kIdleAlone = 4;

}  // namespace sidecar_shim

#endif  // SIDECAR_SHIM_SHIM_RELAY_LIMITS_H_
