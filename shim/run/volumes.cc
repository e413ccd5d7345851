#include "shim/run/volumes.h"

#include <filesystem>
#include <fstream>
#include <system_error>

#include "absl/strings/str_cat.h"
#include "absl/strings/string_view.h"
#include "absl/strings/strip.h"

namespace sidecar_shim::run {
namespace {

namespace fs = std::filesystem;

bool IsOfType(fs::file_status status, absl::string_view type) {
  if (type == "Directory") return fs::is_directory(status);
  if (type == "File") return fs::is_regular_file(status);
  if (type == "Socket") return fs::is_socket(status);
  if (type == "CharDevice") return fs::is_character_file(status);
  return type == "BlockDevice" && fs::is_block_file(status);
}

absl::Status PrepareHostPath(const core::Volume& volume) {
  const core::HostPathVolumeSource& source = volume.volumesource().hostpath();
  const std::string& path = source.path();
  auto wrong = [&](absl::string_view what) {
    return absl::FailedPreconditionError(
        absl::StrCat("volume ", volume.name(), ": hostPath ", path, " ", what));
  };
  if (path.empty() || path[0] != '/') return wrong("is not an absolute path");
  absl::string_view type = source.type();
  if (type.empty()) return absl::OkStatus();
  const bool create = absl::ConsumeSuffix(&type, "OrCreate");
  std::error_code error;
  const fs::file_status status = fs::status(path, error);
  if (IsOfType(status, type)) return absl::OkStatus();
  if (create && !fs::exists(status) && type == "Directory") return MakeDirs(path);
  if (create && !fs::exists(status) && type == "File") {
    return std::ofstream(path).good() ? absl::OkStatus() : wrong("cannot be created");
  }
  return wrong(absl::StrCat("is not a ", type));
}

absl::Status PrepareContainer(const PodDirs& dirs, const PodModel& model, const ContainerModel& container) {
  const std::string& name = container.spec.name();
  if (absl::Status status = MakeDirs(absl::StrCat(dirs.log_dir, "/", name)); !status.ok()) return status;
  std::string message_file = TerminationLogPath(dirs, name);
  if (absl::Status status = MakeDirs(fs::path(message_file).parent_path().string()); !status.ok())
    return status;
  if (!std::ofstream(message_file).good())
    return absl::UnavailableError(absl::StrCat("cannot create ", message_file));
  for (const core::VolumeMount& mount : container.spec.volumemounts()) {
    if (mount.subpath().empty()) continue;
    for (const core::Volume& volume : model.pod.spec().volumes()) {
      if (volume.name() != mount.name()) continue;
      std::string path = absl::StrCat(VolumeHostPath(dirs, volume), "/", mount.subpath());
      std::error_code error;
      if (fs::exists(path, error)) continue;  // a subPath may be a file
      if (absl::Status status = MakeDirs(path); !status.ok()) return status;
    }
  }
  return absl::OkStatus();
}

}  // namespace

std::string VolumeHostPath(const PodDirs& dirs, const core::Volume& volume) {
  if (volume.volumesource().has_hostpath()) return volume.volumesource().hostpath().path();
  return absl::StrCat(dirs.pod_dir, "/volumes/kubernetes.io~empty-dir/", volume.name());
}

std::string TerminationLogPath(const PodDirs& dirs, const std::string& container) {
  return absl::StrCat(dirs.pod_dir, "/containers/", container, "/termination-log");
}

absl::Status MakeDirs(const std::string& path) {
  std::error_code error;
  fs::create_directories(path, error);
  if (!error) return absl::OkStatus();
  return absl::UnavailableError(absl::StrCat("cannot create ", path, ": ", error.message()));
}

absl::Status PrepareVolumes(const PodDirs& dirs, const PodModel& model) {
  for (const core::Volume& volume : model.pod.spec().volumes()) {
    if (volume.volumesource().has_hostpath()) {
      if (absl::Status status = PrepareHostPath(volume); !status.ok()) return status;
      continue;
    }
    std::string path = VolumeHostPath(dirs, volume);
    if (absl::Status status = MakeDirs(path); !status.ok()) return status;
    std::error_code error;
    fs::permissions(path, fs::perms::all, error);  // as kubelet: containers of any user write there
  }
  for (const std::vector<ContainerModel>* list : {&model.init_containers, &model.containers}) {
    for (const ContainerModel& container : *list) {
      if (absl::Status status = PrepareContainer(dirs, model, container); !status.ok()) return status;
    }
  }
  return absl::OkStatus();
}

}  // namespace sidecar_shim::run
