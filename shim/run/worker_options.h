// kubelet's timings for one pod. Tests scale them.
#ifndef SIDECAR_SHIM_SHIM_RUN_WORKER_OPTIONS_H_
#define SIDECAR_SHIM_SHIM_RUN_WORKER_OPTIONS_H_

#include "absl/time/time.h"

namespace sidecar_shim::run {

struct WorkerOptions {
  absl::Duration relist_period = absl::Seconds(1);
  absl::Duration resync_period = absl::Seconds(60);     // after a pass without errors
  absl::Duration backoff_period = absl::Seconds(10);    // after a pass with errors
  absl::Duration transient_backoff = absl::Seconds(1);  // after "network is not ready"
  double jitter = 0.5;                                  // adds up to this share to the three periods above
  absl::Duration sync_tick = absl::Seconds(1);          // delayed passes begin on a tick
  absl::Duration crash_loop_base = absl::Seconds(10);
  absl::Duration crash_loop_max = absl::Seconds(300);
  absl::Duration image_backoff_base = absl::Seconds(10);
  absl::Duration image_backoff_max = absl::Seconds(300);
  absl::Duration minimum_grace = absl::Seconds(2);
  // The pod is stopped after this time, and its result says timed_out.
  absl::Duration timeout = absl::InfiniteDuration();
  // How long Stop() and the timeout wait for a runtime that does not respond.
  absl::Duration unresponsive_timeout = absl::Seconds(10);
  bool keep = false;  // do not remove the stopped containers and sandbox
};

}  // namespace sidecar_shim::run

#endif  // SIDECAR_SHIM_SHIM_RUN_WORKER_OPTIONS_H_
