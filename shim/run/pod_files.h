// The files of `sidecar-shim run`: the manifest, the pod's directories, the reports.
#ifndef SIDECAR_SHIM_SHIM_RUN_POD_FILES_H_
#define SIDECAR_SHIM_SHIM_RUN_POD_FILES_H_

#include <string>

#include "absl/status/status.h"
#include "absl/status/statusor.h"
#include "shim/run/pod_model.h"
#include "shim/run/run_flags.h"
#include "shim/run/timeline.h"
#include "shim/run/volumes.h"

namespace sidecar_shim::run {

// The admitted pod of the manifest in `file`; "-" is standard input. Errors name the file.
absl::StatusOr<PodModel> LoadModel(const std::string& file);

// Where the files of one pod are, below --root-dir or a temporary directory. Not thread-safe.
class PodFiles {
 public:
  // Makes the directories and volumes of the pod.
  static absl::StatusOr<PodFiles> Create(const RunFlags& flags, const PodModel& model);

  const PodDirs& dirs() const { return dirs_; }
  // Removes everything but the logs.
  void Remove() const;

 private:
  std::string temporary_root_;  // empty where --root-dir is given
  PodDirs dirs_;
};

// Writes what --svg and --json name.
absl::Status WriteReports(const RunFlags& flags, const Timeline& timeline);

}  // namespace sidecar_shim::run

#endif  // SIDECAR_SHIM_SHIM_RUN_POD_FILES_H_
