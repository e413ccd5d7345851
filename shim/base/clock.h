// The two clocks. They are types of their own: a monotonic time and a wall
// time can be neither compared nor subtracted by accident.
#ifndef SIDECAR_SHIM_SHIM_BASE_CLOCK_H_
#define SIDECAR_SHIM_SHIM_BASE_CLOCK_H_

#include <chrono>

namespace sidecar_shim {

using Duration = std::chrono::nanoseconds;

// CLOCK_MONOTONIC; what timers and deadlines are set by.
using Time = std::chrono::time_point<std::chrono::steady_clock, Duration>;

// Since the Unix epoch; may be set back or forward at any moment. Only for
// times that other processes give in it (CRI timestamps, expiry of
// credentials).
using WallTime = std::chrono::time_point<std::chrono::system_clock, Duration>;

// The operating system's clocks, for threads that block. What runs on a loop
// reads the loop's (loop.h), which tests can advance. Any thread.
Time MonotonicNow();
WallTime WallClockNow();

}  // namespace sidecar_shim

#endif  // SIDECAR_SHIM_SHIM_BASE_CLOCK_H_
