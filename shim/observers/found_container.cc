#include "shim/observers/found_container.h"

#include <spdlog/spdlog.h>

#include <algorithm>
#include <map>
#include <string>
#include <utility>

#include "absl/status/statusor.h"
#include "shim/cri/convert.h"
#include "shim/cri/verbose_info.h"
#include "shim/specs/stamp_codec.h"

namespace sidecar_shim {
namespace {

// "namespace/name" of its pod, by kubelet's labels.
std::string DescribePodOf(const runtime::v1::Container& container) {
  auto label = [&container](const char* key) {
    auto it = container.labels().find(key);
    return it == container.labels().end() ? std::string() : it->second;
  };
  return label("io.kubernetes.pod.namespace") + "/" + label("io.kubernetes.pod.name");
}

}  // namespace

void ReadStamp(const runtime::v1::Container& container, FoundContainer& found) {
  absl::StatusOr<std::optional<policy::Stamp>> stamp = DecodeStamp(ToAnnotations(container.annotations()));
  if (!stamp.ok()) {
    spdlog::warn("pod={} container={}: {}; it is left alone, the envs are read from the runtime",
                 DescribePodOf(container), container.metadata().name(),
                 std::string(stamp.status().message()));
    return;
  }
  found.stamp = *std::move(stamp);
  if (!found.stamp) return;
  found.seen.traits = found.stamp->traits;
  found.seen.by_shim = found.stamp->by_shim;
}

void AddStatus(const runtime::v1::ContainerStatusResponse& response, WallTime now, FoundContainer& found) {
  const runtime::v1::ContainerStatus& status = response.status();
  policy::ContainerSeen& seen = found.seen;
  seen.state = ToRunState(status.state());
  seen.started = status.started_at() > 0;
  seen.exit_code = status.exit_code();
  seen.finished_at = ToRuntimeTime(status.finished_at());
  if (seen.finished_at != policy::kNoTime) {
    seen.exited_ago = std::max(now.time_since_epoch() - seen.finished_at.time_since_epoch(), Duration{0});
  }
  if (!found.stamp) seen.traits = TraitsFromVerboseInfo(response);
}

void SortForPolicy(std::vector<FoundContainer>& found) {
  std::stable_sort(found.begin(), found.end(), [](const FoundContainer& a, const FoundContainer& b) {
    return a.created_at < b.created_at;
  });
  using Place = std::pair<policy::SandboxId, std::string>;
  std::map<Place, uint32_t> latest;
  for (const FoundContainer& container : found) {
    uint32_t& attempt = latest[{container.seen.sandbox, container.seen.name}];
    attempt = std::max(attempt, container.seen.attempt);
  }
  std::stable_partition(found.begin(), found.end(), [&latest](const FoundContainer& container) {
    return container.seen.attempt == latest.at({container.seen.sandbox, container.seen.name});
  });
}

}  // namespace sidecar_shim
