// The directories on this machine that stand behind a pod's volumes.
#ifndef SIDECAR_SHIM_SHIM_RUN_VOLUMES_H_
#define SIDECAR_SHIM_SHIM_RUN_VOLUMES_H_

#include <string>

#include "absl/status/status.h"
#include "absl/status/statusor.h"
#include "shim/run/cri.h"
#include "shim/run/pod_model.h"

namespace sidecar_shim::run {

// Where a pod's files live, with kubelet's layout under `pod_dir`.
struct PodDirs {
  std::string pod_dir;  // <root>/pods/<uid>
  std::string log_dir;  // <log root>/<namespace>_<name>_<uid>
};

// The host's side of a volume.
std::string VolumeHostPath(const PodDirs& dirs, const core::Volume& volume);

// The host's file behind a container's terminationMessagePath.
std::string TerminationLogPath(const PodDirs& dirs, const std::string& container);

// Makes the emptyDirs and log directories and does what the hostPaths' types
// ask for (DirectoryOrCreate, File, ...). kFailedPrecondition where a hostPath
// is not of its type.
absl::Status PrepareVolumes(const PodDirs& dirs, const PodModel& model);

// Makes a path and its parents; existing ones are fine.
absl::Status MakeDirs(const std::string& path);

}  // namespace sidecar_shim::run

#endif  // SIDECAR_SHIM_SHIM_RUN_VOLUMES_H_
