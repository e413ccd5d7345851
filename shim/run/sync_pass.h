// One pass of the pod worker (kubelet's syncPod): the sandbox that it works in, and how it ended.
#ifndef SIDECAR_SHIM_SHIM_RUN_SYNC_PASS_H_
#define SIDECAR_SHIM_SHIM_RUN_SYNC_PASS_H_

#include <algorithm>
#include <string>

#include "absl/strings/match.h"
#include "absl/strings/string_view.h"
#include "absl/time/time.h"
#include "shim/run/cri.h"

namespace sidecar_shim::run {

struct SyncPass {
  std::string sandbox_id;
  cri::PodSandboxConfig sandbox_config;
  bool failed = false;
  bool network_not_ready = false;  // an error had kubelet's text for it
  // Whether every failure so far was a back-off, and when the first back-off ends.
  bool only_backoffs = true;
  absl::Time backoff_ends = absl::InfiniteFuture();

  void Fail(absl::string_view error) {
    failed = true;
    only_backoffs = false;
    // kubelet's NetworkNotReadyErrorMsg, the one text for which completeWork retries early.
    if (absl::StrContains(error, "network is not ready")) network_not_ready = true;
  }
  void BackOff(absl::Time until) {
    failed = true;
    backoff_ends = std::min(backoff_ends, until);
  }
};

}  // namespace sidecar_shim::run

#endif  // SIDECAR_SHIM_SHIM_RUN_SYNC_PASS_H_
