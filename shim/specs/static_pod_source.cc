#include "shim/specs/static_pod_source.h"

#include <spdlog/spdlog.h>

#include <utility>

#include "shim/base/offload.h"
#include "shim/specs/source_names.h"

namespace sidecar_shim {
namespace {

// kubelet's annotation: where it got the pod from, "api" or "file".
constexpr const char* kConfigSource = "kubernetes.io/config.source";

bool IsFileSourced(const policy::Annotations& annotations) {
  auto it = annotations.find(kConfigSource);
  return it != annotations.end() && it->second == "file";
}

}  // namespace

StaticPodSource::StaticPodSource(Loop& loop, Worker& worker, Counters& counters,
                                 std::vector<std::string> paths, const std::string& node_name)
    : loop_(loop),
      worker_(worker),
      counters_(counters),
      cache_(std::make_shared<ManifestCache>(paths, node_name)),
      watch_(std::move(paths), [&loop, &worker, &counters, cache = cache_] {
        worker.Run([&loop, &counters, cache] { Refresh(loop, counters, *cache); });
      }) {}

std::string StaticPodSource::name() const { return kStaticPod; }

void StaticPodSource::Find(const PodQuery& query, Answer answer) {
  if (!IsFileSourced(query.annotations)) {
    answer(absl::NotFoundError("the pod is not a static pod from a file"));
    return;
  }
  Offload(
      worker_, loop_, lifetime_,
      [&loop = loop_, &counters = counters_, cache = cache_, pod = query.pod] {
        // kubelet may have seen a new manifest before the watch did.
        Refresh(loop, counters, *cache);
        return cache->Find(pod, kStaticPod);
      },
      std::move(answer));
}

void StaticPodSource::Refresh(Loop& loop, Counters& counters, ManifestCache& cache) {
  for (const std::string& error : cache.Refresh()) {
    spdlog::warn("static pod manifest ignored: {}", error);
    loop.Post([&counters] { counters.malformed_manifests.Add(); });
  }
}

}  // namespace sidecar_shim
