#include "shim/run/restart_rules.h"

#include "absl/strings/numbers.h"
#include "shim/kube/kubelet_labels.h"

namespace sidecar_shim::run {

bool ExitedWithZero(const PodStatus& status, const ContainerModel& container) {
  const ContainerRecord* record = status.Find(container.spec.name());
  return record != nullptr && record->exited() && record->status.exit_code() == 0;
}

bool ShouldRestart(const PodModel& model, const ContainerModel& container, const PodStatus& status) {
  const ContainerRecord* record = status.Find(container.spec.name());
  if (record == nullptr) return true;
  if (record->running()) return false;
  if (!record->exited()) return true;
  // A container's own policy (KEP-5307) takes precedence over the pod's.
  const std::string& own = container.spec.restartpolicy();
  const std::string& policy = own.empty() ? model.pod.spec().restartpolicy() : own;
  if (policy == "Never") return false;
  return policy != "OnFailure" || record->status.exit_code() != 0;
}

uint32_t NextAttempt(const PodStatus& status, absl::string_view name) {
  const ContainerRecord* record = status.Find(name);
  if (record == nullptr) return 0;
  uint32_t count = record->status.metadata().attempt();
  auto annotation = record->status.annotations().find(kRestartCountAnnotation);
  if (annotation != record->status.annotations().end()) (void)absl::SimpleAtoi(annotation->second, &count);
  return count + 1;
}

}  // namespace sidecar_shim::run
