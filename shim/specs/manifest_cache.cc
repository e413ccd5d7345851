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

// More than the granularity of file timestamps on the file systems in use.
constexpr auto kRecent = std::chrono::milliseconds(100);

int64_t Nanoseconds(const timespec& time) {
  return int64_t{time.tv_sec} * 1'000'000'000 + int64_t{time.tv_nsec};
}

absl::StatusOr<Manifest> ReadPodManifest(const std::string& path) {
  absl::StatusOr<std::string> text = ReadFile(path, kLargestManifest);
  if (!text.ok()) return text.status();
  absl::StatusOr<Manifest> manifest = ParseManifest(*text, YamlReading::kAsKubernetes);
  if (manifest.ok() && manifest->kind != "Pod")
    return absl::InvalidArgumentError("the manifest is not of kind Pod");
  return manifest;
}

}  // namespace

std::vector<std::string> ManifestCache::ListFiles() const {
  std::vector<std::string> files;
  for (const std::string& path : paths_) {
    std::error_code error;
    if (fs::is_regular_file(path, error)) {
      files.push_back(path);
      continue;
    }
    // increment(error), because ++ throws if reading the directory fails.
    for (fs::directory_iterator file(path, error); file != fs::directory_iterator(); file.increment(error)) {
      std::error_code unreadable;
      // kubelet ignores files whose names begin with a dot (config/file.go).
      if (file->path().filename().string().front() != '.' && file->is_regular_file(unreadable)) {
        files.push_back(file->path().string());
      }
    }
  }
  return files;
}

// kubelet appends the node's name to a static pod's (generatePodName), puts it into
// the namespace "default" if the manifest names none, and generates a UID if the
// manifest has none (config/common.go, applyDefaults).
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
  std::vector<std::string> errors;
  for (const std::string& path : ListFiles()) {
    struct stat found {};
    if (stat(path.c_str(), &found) != 0) continue;  // deleted since it was listed
    File file;
    file.version = {found.st_dev, found.st_ino, found.st_size, Nanoseconds(found.st_mtim),
                    Nanoseconds(found.st_ctim)};
    file.recent = now - std::chrono::nanoseconds(file.version.changed) < kRecent;
    auto known = files_.find(path);
    if (known != files_.end() && !known->second.recent && known->second.version == file.version) {
      files.insert(files_.extract(known));
      continue;
    }
    if (absl::StatusOr<Manifest> manifest = ReadPodManifest(path); manifest.ok()) {
      file.manifest = *std::move(manifest);
    } else {
      file.error = absl::StrCat(path, ": ", std::string(manifest.status().message()));
      if (known == files_.end() || known->second.error != file.error) errors.push_back(file.error);
    }
    files.emplace(path, std::move(file));
  }
  files_ = std::move(files);
  return errors;
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
    // With manifests "web" and "web-api", "web-api-node1" belongs to the latter.
    if (found == nullptr || name.size() > found->pod.metadata().name().size()) found = &*file.manifest;
  }
  if (found == nullptr) return absl::NotFoundError("no manifest has that name");
  const absl::StatusOr<PodUpdate> read = FromCorePod(found->pod, source);
  if (!read.ok()) return read;
  // Only the spec: a status or a deletionTimestamp in the file was copied from some
  // other pod.
  PodUpdate update;
  update.spec = read->spec;
  return update;
}

}  // namespace sidecar_shim
