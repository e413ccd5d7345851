#include "shim/sources/static_pod_source.h"

#include <spdlog/spdlog.h>

#include <filesystem>
#include <system_error>

#include "absl/strings/match.h"
#include "absl/strings/str_cat.h"
#include "shim/manifest.h"
#include "shim/read_file.h"

namespace sidecar_shim {
namespace {

constexpr const char* kConfigSource = "kubernetes.io/config.source";

bool IsFileSourced(const policy::Annotations& annotations) {
  auto it = annotations.find(kConfigSource);
  return it != annotations.end() && it->second == "file";
}

// kubelet names a static pod <manifest's name>-<node name>.
bool Matches(const k8s::io::api::core::v1::Pod& pod, const policy::PodRef& ref) {
  const std::string& name_space = pod.metadata().namespace_();
  return (name_space.empty() ? "default" : name_space) == ref.name_space &&
         absl::StartsWith(ref.name, absl::StrCat(pod.metadata().name(), "-"));
}

absl::StatusOr<Manifest> ReadManifest(const std::string& path) {
  absl::StatusOr<std::string> text = ReadFile(path, kLargestManifest);
  if (!text.ok()) return text.status();
  return ParseManifest(*text);
}

absl::StatusOr<PodNews> Search(const std::string& directory, const policy::PodRef& ref) {
  namespace fs = std::filesystem;
  absl::StatusOr<PodNews> found = absl::NotFoundError("no such manifest");
  size_t longest = 0;
  std::error_code error;
  // increment(error), as ++ throws where the directory cannot be read on.
  for (fs::directory_iterator file(directory, error); file != fs::directory_iterator();
       file.increment(error)) {
    const std::string filename = file->path().filename().string();
    std::error_code unreadable;
    // kubelet skips dot files too.
    if (filename.front() == '.' || !file->is_regular_file(unreadable)) continue;
    const absl::StatusOr<Manifest> manifest = ReadManifest(file->path().string());
    if (!manifest.ok()) {
      spdlog::debug("static pod manifest {} passed over: {}", file->path().string(),
                    std::string(manifest.status().message()));
      continue;
    }
    // Of "web" and "web-api", "web-api-node1" is the second one's.
    const size_t length = manifest->pod.metadata().name().size();
    if (manifest->kind != "Pod" || !Matches(manifest->pod, ref) || length < longest) continue;
    longest = length;
    found = NewsFromPod(manifest->pod, "static-pod");
  }
  return found;
}

}  // namespace

void StaticPodSource::Find(const PodQuery& query, Answer answer) {
  if (!IsFileSourced(query.annotations)) {
    answer(absl::NotFoundError("not made from a file"));
    return;
  }
  worker_.Run([this, ref = query.pod, answer = std::move(answer)] {
    loop_.Post([news = Search(directory_, ref), answer] { answer(news); });
  });
}

}  // namespace sidecar_shim
