#include "shim/run/backoff.h"

#include <algorithm>

namespace sidecar_shim::run {

absl::Time Backoff::AllowedAt(const std::string& key, absl::Time event) const {
  auto it = entries_.find(key);
  if (it == entries_.end() || Expired(it->second, event)) return absl::InfinitePast();
  return event + it->second.delay;
}

absl::Duration Backoff::Delay(const std::string& key) const {
  auto it = entries_.find(key);
  return it == entries_.end() ? absl::ZeroDuration() : it->second.delay;
}

void Backoff::Next(const std::string& key, absl::Time event, absl::Time now) {
  auto [it, added] = entries_.try_emplace(key, Entry{base_, now});
  if (added) return;
  it->second.delay = Expired(it->second, event) ? base_ : std::min(2 * it->second.delay, max_);
  it->second.updated = now;
}

}  // namespace sidecar_shim::run
