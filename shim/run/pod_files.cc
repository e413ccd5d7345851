#include "shim/run/pod_files.h"

#include <unistd.h>

#include <cstdlib>
#include <filesystem>
#include <fstream>
#include <system_error>
#include <utility>

#include "absl/strings/str_cat.h"
#include "shim/base/read_file.h"
#include "shim/kube/manifest.h"
#include "shim/run/admission.h"
#include "shim/run/timeline_json.h"
#include "shim/run/timeline_svg.h"

namespace sidecar_shim::run {
namespace {

absl::StatusOr<std::string> ReadInput(const std::string& file) {
  if (file == "-") return ReadAll(STDIN_FILENO, "standard input", kLargestManifest);
  return ReadFile(file, kLargestManifest);
}

absl::Status WriteOutput(const std::string& file, const std::string& text) {
  std::ofstream output(file, std::ios::binary);
  output << text;
  output.close();
  return output ? absl::OkStatus() : absl::UnavailableError(absl::StrCat("cannot write ", file));
}

}  // namespace

absl::StatusOr<PodModel> LoadModel(const std::string& file) {
  absl::StatusOr<std::string> text = ReadInput(file);
  if (!text.ok()) return text.status();
  absl::StatusOr<Manifest> manifest = ParseManifest(*text);
  absl::Status status = manifest.status();
  absl::StatusOr<PodModel> model;
  if (status.ok()) {
    model = BuildPodModel(Admit(*manifest, NewIdentity()), manifest->pod_json);
    status = model.status();
  }
  if (!status.ok()) return absl::Status(status.code(), absl::StrCat(file, ": ", status.message()));
  return model;
}

absl::StatusOr<PodFiles> PodFiles::Create(const RunFlags& flags, const PodModel& model) {
  PodFiles files;
  std::string root = flags.root_dir;
  if (root.empty()) {
    root = "/tmp/sidecar-shim-run-XXXXXX";
    if (mkdtemp(root.data()) == nullptr) {
      return absl::UnavailableError("cannot create a temporary directory");
    }
    files.temporary_root_ = root;
  }
  files.dirs_.pod_dir = absl::StrCat(std::filesystem::absolute(root).string(), "/pods/", model.uid());
  files.dirs_.log_dir =
      absl::StrCat(flags.log_root, "/", model.name_space(), "_", model.name(), "_", model.uid());
  if (absl::Status status = PrepareVolumes(files.dirs_, model); !status.ok()) {
    files.Remove();
    return status;
  }
  return files;
}

void PodFiles::Remove() const {
  std::error_code error;
  std::filesystem::remove_all(dirs_.pod_dir, error);
  if (temporary_root_.empty()) return;
  std::filesystem::remove(absl::StrCat(temporary_root_, "/pods"), error);
  std::filesystem::remove(temporary_root_, error);
}

absl::Status WriteReports(const RunFlags& flags, const Timeline& timeline) {
  absl::Status status;
  if (!flags.svg.empty()) status.Update(WriteOutput(flags.svg, RenderSvg(timeline)));
  if (!flags.json.empty()) status.Update(WriteOutput(flags.json, RenderJson(timeline)));
  return status;
}

}  // namespace sidecar_shim::run
