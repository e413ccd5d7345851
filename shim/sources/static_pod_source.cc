#include "shim/sources/static_pod_source.h"

#include <spdlog/spdlog.h>

#include <filesystem>
#include <fstream>
#include <iterator>
#include <system_error>

#include "absl/strings/match.h"
#include "absl/strings/str_cat.h"
#include "shim/manifest.h"

namespace sidecar_shim {
namespace {

constexpr const char* kConfigSource = "kubernetes.io/config.source";
constexpr uintmax_t kLargestManifest = 3 * 1024 * 1024;  // what an API server would take

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

std::optional<PodNews> Search(const std::string& directory, const policy::PodRef& ref) {
  std::optional<PodNews> found;
  size_t longest = 0;
  std::error_code error;
  for (const auto& file : std::filesystem::directory_iterator(directory, error)) {
    const std::string filename = file.path().filename().string();
    // kubelet skips dot files too.
    if (filename.front() == '.' || !file.is_regular_file(error) || file.file_size(error) > kLargestManifest)
      continue;
    std::ifstream stream(file.path());
    const std::string text((std::istreambuf_iterator<char>(stream)), std::istreambuf_iterator<char>());
    const absl::StatusOr<Manifest> manifest = ParseManifest(text);
    if (!manifest.ok()) {
      spdlog::debug("static pod manifest {} passed over: {}", file.path().string(),
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
    answer(std::nullopt);
    return;
  }
  worker_.Run([this, ref = query.pod, answer = std::move(answer)] {
    loop_.Post([news = Search(directory_, ref), answer] { answer(news); });
  });
}

}  // namespace sidecar_shim
