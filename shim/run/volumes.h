// The directories on this node that hold a pod's volumes and logs.
#ifndef SIDECAR_SHIM_SHIM_RUN_VOLUMES_H_
#define SIDECAR_SHIM_SHIM_RUN_VOLUMES_H_

#include <string>

#include "absl/status/status.h"
#include "absl/status/statusor.h"
#include "shim/run/cri.h"
#include "shim/run/pod_model.h"

namespace sidecar_shim::run {

// Where a pod's files are; `pod_dir` has kubelet's layout.
struct PodDirs {
  std::string pod_dir;  // <root>/pods/<uid>
  std::string log_dir;  // <log root>/<namespace>_<name>_<uid>
};

// The path on the node that is mounted for the volume.
std::string VolumeHostPath(const PodDirs& dirs, const core::Volume& volume);

// The file on the node that is mounted at the container's terminationMessagePath.
std::string TerminationLogPath(const PodDirs& dirs, const std::string& container);

// Makes the directories for logs and emptyDirs, and what hostPath types such as DirectoryOrCreate demand.
// kFailedPrecondition where a hostPath is not of its type.
absl::Status PrepareVolumes(const PodDirs& dirs, const PodModel& model);

// Makes a directory and its parents; OK where it exists.
absl::Status MakeDirs(const std::string& path);

}  // namespace sidecar_shim::run

#endif  // SIDECAR_SHIM_SHIM_RUN_VOLUMES_H_
