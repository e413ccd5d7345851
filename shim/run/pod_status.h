// The status of a pod in the runtime, as in kubelet's pod cache.
#ifndef SIDECAR_SHIM_SHIM_RUN_POD_STATUS_H_
#define SIDECAR_SHIM_SHIM_RUN_POD_STATUS_H_

#include <cstdint>
#include <string>
#include <vector>

#include "absl/strings/string_view.h"
#include "absl/time/time.h"
#include "shim/run/cri.h"

namespace sidecar_shim::run {

// How a container ended, whatever the shim reports to kubelet.
struct RealExit {
  bool masked = false;  // the shim reports exit code 0 instead
  int32_t exit_code = 0;
  std::string reason;
};

struct ContainerRecord {
  cri::ContainerStatus status;
  RealExit real;  // equals the status unless masked

  const std::string& name() const { return status.metadata().name(); }
  bool running() const { return status.state() == cri::CONTAINER_RUNNING; }
  bool exited() const { return status.state() == cri::CONTAINER_EXITED; }
};

// Newest first, by creation time.
struct PodStatus {
  std::vector<cri::PodSandboxStatus> sandboxes;
  std::vector<ContainerRecord> containers;

  // The newest container of that name, or null.
  const ContainerRecord* Find(absl::string_view name) const;
  // Null where no sandbox is ready.
  const cri::PodSandboxStatus* ReadySandbox() const;
  bool AnyRunning() const;
};

// Reads the shim's info["sidecar-shim"] of a verbose ContainerStatus. Without it, or where it is malformed,
// the exit counts as not masked.
ContainerRecord ReadContainerRecord(const cri::ContainerStatusResponse& response);

void SortNewestFirst(PodStatus& status);

// From a CRI timestamp, nanoseconds since the epoch; InfinitePast for 0, which means "not yet".
absl::Time FromRuntime(int64_t nanoseconds);

}  // namespace sidecar_shim::run

#endif  // SIDECAR_SHIM_SHIM_RUN_POD_STATUS_H_
