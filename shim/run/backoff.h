// Kubernetes' flowcontrol.Backoff: per-key delays that double and are
// forgotten after a quiet time.
#ifndef SIDECAR_SHIM_SHIM_RUN_BACKOFF_H_
#define SIDECAR_SHIM_SHIM_RUN_BACKOFF_H_

#include <map>
#include <string>

#include "absl/time/time.h"

namespace sidecar_shim::run {

// Not thread-safe.
class Backoff {
 public:
  Backoff(absl::Duration base, absl::Duration max) : base_(base), max_(max) {}

  // When the next try after something that happened at `event` may be made;
  // InfinitePast where nothing stands in its way.
  absl::Time AllowedAt(const std::string& key, absl::Time event) const;
  // The current delay of the key.
  absl::Duration Delay(const std::string& key) const;
  // A try is made at `now` after something that happened at `event`: the first
  // one sets the delay to the base, every later one doubles it.
  void Next(const std::string& key, absl::Time event, absl::Time now);

 private:
  struct Entry {
    absl::Duration delay;
    absl::Time updated;
  };
  bool Expired(const Entry& entry, absl::Time event) const { return event - entry.updated > 2 * max_; }

  const absl::Duration base_;
  const absl::Duration max_;
  std::map<std::string, Entry> entries_;
};

}  // namespace sidecar_shim::run

#endif  // SIDECAR_SHIM_SHIM_RUN_BACKOFF_H_
