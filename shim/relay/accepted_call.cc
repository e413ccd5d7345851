#include "shim/relay/accepted_call.h"

#include <chrono>

#include "shim/base/loop.h"

namespace sidecar_shim {

Time AcceptedCall::Deadline() const {
  const auto deadline = context.deadline();
  if (deadline == std::chrono::system_clock::time_point::max()) return Time::max();
  return Loop::Now() + std::chrono::duration_cast<Duration>(deadline - std::chrono::system_clock::now());
}

}  // namespace sidecar_shim
