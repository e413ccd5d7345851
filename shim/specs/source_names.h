// The spec sources by name, as --sources lists them.
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

// Where kubelet-pods looks unless it is told otherwise.
inline constexpr const char* kKubeletReadOnlyUrl = "http://127.0.0.1:10255/pods";

// All there are, best first.
const std::vector<std::string>& AllSources();

// "auto", or names separated by commas in the order in which they count.
// kInvalidArgument says everything that is wrong with the list.
absl::StatusOr<std::vector<std::string>> ParseSources(const std::string& text);

}  // namespace sidecar_shim

#endif  // SIDECAR_SHIM_SHIM_SPECS_SOURCE_NAMES_H_
