// client-go's flowcontrol.Backoff, which kubelet uses for crash loops and image pulls: a delay per key, which
// doubles with every attempt and is forgotten after a while without any.
#ifndef SIDECAR_SHIM_SHIM_RUN_KEYED_BACKOFF_H_
#define SIDECAR_SHIM_SHIM_RUN_KEYED_BACKOFF_H_

#include <map>
#include <string>

#include "absl/time/time.h"

namespace sidecar_shim::run {

// Not thread-safe.
class KeyedBackoff {
 public:
  KeyedBackoff(absl::Duration base, absl::Duration max) : base_(base), max_(max) {}

  // The earliest time of the next attempt after a failure at `failed_at`; InfinitePast where the key has no
  // delay.
  absl::Time AllowedAt(const std::string& key, absl::Time failed_at) const;
  // The current delay of the key; zero where it has none.
  absl::Duration Delay(const std::string& key) const;
  // Records an attempt at `now` after a failure at `failed_at`: the first one sets the delay to the base,
  // each later one doubles it. A failure more than twice the maximum after the last attempt starts from the
  // base.
  void RecordAttempt(const std::string& key, absl::Time failed_at, absl::Time now);

 private:
  struct Entry {
    absl::Duration delay;
    absl::Time updated;
  };
  bool IsExpired(const Entry& entry, absl::Time failed_at) const {
    return failed_at - entry.updated > 2 * max_;
  }

  const absl::Duration base_;
  const absl::Duration max_;
  std::map<std::string, Entry> entries_;
};

}  // namespace sidecar_shim::run

#endif  // SIDECAR_SHIM_SHIM_RUN_KEYED_BACKOFF_H_
