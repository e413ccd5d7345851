// Durations and one error text of kubelet that the rules rest on. They are
// kubelet's constants, not settings; each names its source.
#ifndef SIDECAR_SHIM_POLICY_KUBELET_TIMING_H_
#define SIDECAR_SHIM_POLICY_KUBELET_TIMING_H_

#include <chrono>

#include "absl/strings/string_view.h"
#include "policy/types.h"

namespace sidecar_shim::policy {

// The longest pause before kubelet pulls an image or restarts a container
// again: its container and image back-offs end at 5 minutes (kubelet.go,
// MaxContainerBackOff and MaxImageBackOff, v1.25-v1.36). Up to v1.32 SyncPod returns no error when every
// failure is a back-off, so the end of the pause is noticed by the next periodic sync, 60-90 s later.
inline constexpr Duration kLongestBackOff = std::chrono::seconds(5 * 60 + 90);

// kubelet calls StopPodSandbox right after the last StopContainer has returned
// (killPodWithSyncResult). Allows for a busy node.
inline constexpr Duration kSandboxStopDelay = std::chrono::seconds(5);

// killContainersWithSyncResult stops all containers of a pod at once, each from
// a goroutine of its own. How far apart these calls may arrive.
inline constexpr Duration kStopSpread = std::chrono::seconds(1);

// An error whose text contains these words is retried after 1-1.5 s instead of
// 10-15 s (pod_workers.go completeWork, NetworkNotReadyErrorMsg, v1.25-v1.36).
// Only an accelerator: nothing depends on it.
inline constexpr absl::string_view kQuickRetryText = "; network is not ready";

}  // namespace sidecar_shim::policy

#endif  // SIDECAR_SHIM_POLICY_KUBELET_TIMING_H_
