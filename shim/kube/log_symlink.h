// The symlinks in /var/log/containers by which log collectors find a container's log. kubelet makes them for
// the containers that it starts, and removes them with the pod.
#ifndef SIDECAR_SHIM_SHIM_KUBE_LOG_SYMLINK_H_
#define SIDECAR_SHIM_SHIM_KUBE_LOG_SYMLINK_H_

#include <filesystem>

#include "absl/strings/string_view.h"

namespace sidecar_shim {

// kubelet's legacyLogSymlink: /var/log/containers/<pod>_<namespace>_<container>-<id>.log
std::filesystem::path LogSymlink(absl::string_view pod, absl::string_view name_space,
                                 absl::string_view container, absl::string_view container_id);

// Removes the symlinks of all containers of the pod. What cannot be removed stays.
void RemoveLogSymlinks(absl::string_view pod, absl::string_view name_space);

}  // namespace sidecar_shim

#endif  // SIDECAR_SHIM_SHIM_KUBE_LOG_SYMLINK_H_
