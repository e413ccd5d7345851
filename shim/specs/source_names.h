// The names of the spec sources, as in the flag --sources and in log lines.
// Stateless and thread-safe.
#ifndef SIDECAR_SHIM_SHIM_SPECS_SOURCE_NAMES_H_
#define SIDECAR_SHIM_SHIM_SPECS_SOURCE_NAMES_H_

#include <string>
#include <vector>

#include "absl/status/statusor.h"

namespace sidecar_shim {

inline constexpr const char* kPodsApi = "pods-api";
inline constexpr const char* kApiServer = "api-server";
inline constexpr const char* kKubeletPods = "kubelet-pods";
inline constexpr const char* kStaticPod = "static-pod";
inline constexpr const char* kAnnotation = "annotation";
inline constexpr const char* kPodResources = "podresources";

// The default URL of the source kubelet-pods: kubelet's read-only port.
inline constexpr const char* kKubeletReadOnlyUrl = "http://127.0.0.1:10255/pods";

// All sources, in descending rank: the best one first.
const std::vector<std::string>& AllSources();

// Parses the value of --sources: "auto" for all of them, or a comma-separated list
// in descending rank. kInvalidArgument lists every error of the value.
absl::StatusOr<std::vector<std::string>> ParseSources(const std::string& text);

}  // namespace sidecar_shim

#endif  // SIDECAR_SHIM_SHIM_SPECS_SOURCE_NAMES_H_
