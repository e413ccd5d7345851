// The two clocks. They are types of their own: a monotonic time and a wall
// time can be neither compared nor subtracted by accident.
#ifndef SIDECAR_SHIM_SHIM_BASE_CLOCK_H_
#define SIDECAR_SHIM_SHIM_BASE_CLOCK_H_

#include <chrono>

namespace sidecar_shim {

using Duration = std::chrono::nanoseconds;

// CLOCK_MONOTONIC; what timers and deadlines are set by.
using Time = std::chrono::time_point<std::chrono::steady_clock, Duration>;

// Since the Unix epoch; may be set back or forth at any moment. Only for what
// other processes date by it (CRI timestamps, expiry of credentials).
using WallTime = std::chrono::time_point<std::chrono::system_clock, Duration>;

}  // namespace sidecar_shim

#endif  // SIDECAR_SHIM_SHIM_BASE_CLOCK_H_
