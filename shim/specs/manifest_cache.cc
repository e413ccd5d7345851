#include "shim/specs/manifest_cache.h"

#include <chrono>
#include <filesystem>
#include <system_error>

#include "absl/strings/match.h"
#include "absl/strings/str_cat.h"
#include "shim/base/clock.h"
#include "shim/base/read_file.h"

namespace sidecar_shim {
namespace {

namespace fs = std::filesystem;

// Coarser than any file system's clock here.
constexpr auto kFresh = std::chrono::milliseconds(100);

int64_t Nanoseconds(const timespec& time) {
  return int64_t{time.tv_sec} * 1'000'000'000 + int64_t{time.tv_nsec};
}

absl::StatusOr<Manifest> ReadPod(const std::string& path) {
  absl::StatusOr<std::string> text = ReadFile(path, kLargestManifest);
  if (!text.ok()) return text.status();
  absl::StatusOr<Manifest> manifest = ParseManifest(*text, YamlReading::kAsKubernetes);
  if (manifest.ok() && manifest->kind != "Pod") return absl::InvalidArgumentError("not a Pod");
  return manifest;
}

}  // namespace

std::vector<std::string> ManifestCache::Paths() const {
  std::vector<std::string> paths;
  for (const std::string& place : places_) {
    std::error_code error;
    if (fs::is_regular_file(place, error)) {
      paths.push_back(place);
      continue;
    }
    // increment(error), as ++ throws where the directory cannot be read on.
    for (fs::directory_iterator file(place, error); file != fs::directory_iterator(); file.increment(error)) {
      std::error_code unreadable;
      // kubelet skips dot files too.
      if (file->path().filename().string().front() != '.' && file->is_regular_file(unreadable)) {
        paths.push_back(file->path().string());
      }
    }
  }
  return paths;
}

// kubelet names a static pod <manifest's name>-<node name>. A uid that the
// manifest does not give is kubelet's to choose.
bool ManifestCache::Matches(const k8s::io::api::core::v1::ObjectMeta& metadata,
                            const policy::PodRef& pod) const {
  const std::string& name_space = metadata.namespace_();
  const std::string name = absl::StrCat(metadata.name(), "-", node_name_);
  return (name_space.empty() ? "default" : name_space) == pod.name_space &&
         (node_name_.empty() ? absl::StartsWith(pod.name, name) : pod.name == name) &&
         (metadata.uid().empty() || metadata.uid() == pod.uid);
}

std::vector<std::string> ManifestCache::Refresh() {
  const auto now = WallClockNow().time_since_epoch();
  std::map<std::string, File> files;
  std::vector<std::string> problems;
  for (const std::string& path : Paths()) {
    struct stat found {};
    if (stat(path.c_str(), &found) != 0) continue;  // gone since
    File file;
    file.version = {found.st_dev, found.st_ino, found.st_size, Nanoseconds(found.st_mtim),
                    Nanoseconds(found.st_ctim)};
    file.fresh = now - std::chrono::nanoseconds(file.version.changed) < kFresh;
    auto known = files_.find(path);
    if (known != files_.end() && !known->second.fresh && known->second.version == file.version) {
      files.insert(files_.extract(known));
      continue;
    }
    if (absl::StatusOr<Manifest> manifest = ReadPod(path); manifest.ok()) {
      file.manifest = *std::move(manifest);
    } else {
      file.problem = absl::StrCat(path, ": ", std::string(manifest.status().message()));
      if (known == files_.end() || known->second.problem != file.problem) problems.push_back(file.problem);
    }
    files.emplace(path, std::move(file));
  }
  files_ = std::move(files);
  return problems;
}

absl::StatusOr<PodUpdate> ManifestCache::Find(const policy::PodRef& pod, const std::string& source) const {
  const Manifest* found = nullptr;
  for (const auto& [path, file] : files_) {
    if (!file.manifest || !Matches(file.manifest->pod.metadata(), pod)) continue;
    const std::string& name = file.manifest->pod.metadata().name();
    if (pod.name == absl::StrCat(name, "-", host_name_)) {
      found = &*file.manifest;
      break;
    }
    // Of "web" and "web-api", "web-api-node1" is the second one's.
    if (found == nullptr || name.size() > found->pod.metadata().name().size()) found = &*file.manifest;
  }
  if (found == nullptr) return absl::NotFoundError("no such manifest");
  const absl::StatusOr<PodUpdate> read = FromCorePod(found->pod, source);
  if (!read.ok()) return read;
  // What a file says of a pod's state is that of another pod, from which it was copied.
  PodUpdate update;
  update.spec = read->spec;
  return update;
}

}  // namespace sidecar_shim
