// One look at a pod in the runtime, as kubelet's pod cache holds it.
#ifndef SIDECAR_SHIM_SHIM_RUN_POD_STATUS_H_
#define SIDECAR_SHIM_SHIM_RUN_POD_STATUS_H_

#include <cstdint>
#include <string>
#include <vector>

#include "absl/strings/string_view.h"
#include "absl/time/time.h"
#include "shim/run/cri.h"

namespace sidecar_shim::run {

// How a container really ended, where the shim reports something else.
struct RealExit {
  bool masked = false;
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

// Newest first, by the time of creation.
struct PodStatus {
  std::vector<cri::PodSandboxStatus> sandboxes;
  std::vector<ContainerRecord> containers;

  // The newest container of that name, or null.
  const ContainerRecord* Find(absl::string_view name) const;
  // Null where no sandbox is ready.
  const cri::PodSandboxStatus* ReadySandbox() const;
  bool AnyRunning() const;
};

// Reads info["sidecar-shim"] of a verbose ContainerStatus; anything that is
// not the expected JSON counts as not masked.
ContainerRecord ReadContainerRecord(const cri::ContainerStatusResponse& response);

void SortNewestFirst(PodStatus& status);

// A runtime's timestamp; InfinitePast for 0.
absl::Time FromRuntime(int64_t nanoseconds);

}  // namespace sidecar_shim::run

#endif  // SIDECAR_SHIM_SHIM_RUN_POD_STATUS_H_
