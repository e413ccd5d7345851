#include "shim/base/clock.h"

namespace sidecar_shim {

Time MonotonicNow() { return std::chrono::time_point_cast<Duration>(std::chrono::steady_clock::now()); }

WallTime WallClockNow() { return std::chrono::time_point_cast<Duration>(std::chrono::system_clock::now()); }

}  // namespace sidecar_shim
