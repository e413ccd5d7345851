#include "shim/base/backoff.h"

#include <algorithm>
#include <chrono>

namespace sidecar_shim {

Duration Backoff::Next() {
  const auto longer = std::chrono::duration_cast<Duration>(options_.multiplier * pause_);
  pause_ = std::clamp(longer, options_.initial, options_.max);
  const double stretch = std::uniform_real_distribution<double>(1.0, 1.0 + options_.jitter)(random_);
  return std::chrono::duration_cast<Duration>(stretch * pause_);
}

}  // namespace sidecar_shim
