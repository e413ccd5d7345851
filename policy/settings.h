// The node's defaults and what a pod's own annotations change of them. A
// malformed annotation never keeps a pod from starting: the default holds
// and a warning is returned for the log.
#ifndef SIDECAR_SHIM_POLICY_SETTINGS_H_
#define SIDECAR_SHIM_POLICY_SETTINGS_H_

#include <optional>
#include <string>
#include <vector>

#include "absl/strings/string_view.h"
#include "policy/types.h"

namespace sidecar_shim::policy {

inline constexpr absl::string_view kAnnotationPrefix = "sidecar-shim.io/";
inline constexpr absl::string_view kLaunchTimeoutAnnotation = "sidecar-shim.io/launch-timeout";
inline constexpr absl::string_view kDrainDelayAnnotation = "sidecar-shim.io/drain-delay";
inline constexpr absl::string_view kLaunchGateAnnotation = "sidecar-shim.io/launch-gate";
inline constexpr absl::string_view kEnabledAnnotation = "sidecar-shim.io/enabled";
inline constexpr absl::string_view kContainersAnnotation = "sidecar-shim.io/containers";

// What a container of higher priority must reach before lower ones are created.
enum class LaunchGate {
  kReady,    // its startup and readiness probes have passed, its postStart hook has returned
  kRunning,  // it has been started
};

enum class MaskMode {
  kAlways,     // every sidecar that ended at or after completion
  kOnRequest,  // only those with KRUISE_TERMINATE_SIDECAR_IGNORE_EXIT_CODE=true
  kNever,
};

// Node-wide choices of the operator.
struct Options {
  bool launch_ahead = true;
  LaunchGate launch_gate = LaunchGate::kReady;
  MaskMode mask = MaskMode::kAlways;
  // How long a container is refused at most before it is admitted; 0 = for ever.
  Duration launch_timeout = std::chrono::minutes(5);
  // Pause between the completion of the pod and the first stop.
  Duration drain_delay{0};
  // restartPolicy unknown: how long after a failure a main container may be
  // restarted, the first time.
  Duration restart_grace_period = std::chrono::seconds(30);
  // Container list unknown: how long the pod must have been without activity.
  Duration quiet_period = std::chrono::seconds(3);
  // Shorter graces would not let a stop signal be handled (kubelet's minimum).
  Duration minimum_grace = std::chrono::seconds(2);
  Duration stop_retry_base = std::chrono::seconds(1);
  Duration stop_retry_max = std::chrono::seconds(10);

  bool operator==(const Options&) const = default;
};

// Options as one pod sees them.
struct PodSettings {
  bool enabled = true;
  bool intent = false;  // the pod has an annotation of the shim's own
  bool ordered = false;
  LaunchGate launch_gate = LaunchGate::kReady;
  Duration launch_timeout{0};
  Duration drain_delay{0};

  bool operator==(const PodSettings&) const = default;
};

PodSettings ReadPodSettings(const Options& options, const Annotations& pod_annotations,
                            std::vector<std::string>& warnings);

// "ready" or "running".
std::optional<LaunchGate> ParseLaunchGate(absl::string_view text);

// Go's duration syntax as Kubernetes users write it: "90s", "1m30s", "500ms",
// "1h", and a bare "0". Nothing negative. nullopt where malformed.
std::optional<Duration> ParseDuration(absl::string_view text);

}  // namespace sidecar_shim::policy

#endif  // SIDECAR_SHIM_POLICY_SETTINGS_H_
