#include "shim/run/keyed_backoff.h"

#include <algorithm>

namespace sidecar_shim::run {

absl::Time KeyedBackoff::AllowedAt(const std::string& key, absl::Time failed_at) const {
  auto it = entries_.find(key);
  if (it == entries_.end() || IsExpired(it->second, failed_at)) return absl::InfinitePast();
  return failed_at + it->second.delay;
}

absl::Duration KeyedBackoff::Delay(const std::string& key) const {
  auto it = entries_.find(key);
  return it == entries_.end() ? absl::ZeroDuration() : it->second.delay;
}

void KeyedBackoff::RecordAttempt(const std::string& key, absl::Time failed_at, absl::Time now) {
  auto [it, added] = entries_.try_emplace(key, Entry{base_, now});
  if (added) return;
  it->second.delay = IsExpired(it->second, failed_at) ? base_ : std::min(2 * it->second.delay, max_);
  it->second.updated = now;
}

}  // namespace sidecar_shim::run
