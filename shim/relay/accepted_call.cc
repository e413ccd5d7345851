#include "shim/relay/accepted_call.h"

#include <chrono>

namespace sidecar_shim {

Time AcceptedCall::Deadline(const Loop& loop) const {
  const auto deadline = context.deadline();
  if (deadline == std::chrono::system_clock::time_point::max()) return Time::max();
  return loop.Now() + std::chrono::duration_cast<Duration>(deadline - loop.WallNow());
}

}  // namespace sidecar_shim
