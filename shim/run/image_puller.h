// kubelet's image manager (EnsureImageExists) for one pod: pull policies and pull back-off.
#ifndef SIDECAR_SHIM_SHIM_RUN_IMAGE_PULLER_H_
#define SIDECAR_SHIM_SHIM_RUN_IMAGE_PULLER_H_

#include <map>
#include <string>

#include "absl/status/statusor.h"
#include "absl/time/time.h"
#include "shim/run/events.h"
#include "shim/run/keyed_backoff.h"
#include "shim/run/pod_model.h"
#include "shim/run/runtime_client.h"

namespace sidecar_shim::run {

// Not thread-safe.
class ImagePuller {
 public:
  ImagePuller(RuntimeClient& client, EventLog& log, absl::Duration backoff_base, absl::Duration backoff_max)
      : client_(client), log_(log), backoff_(backoff_base, backoff_max) {}

  // The id or reference of the container's image in the runtime, which is pulled first where the policy
  // requires it. Errors begin with kubelet's reason. During the back-off after a failed pull that is
  // "ImagePullBackOff", and `retry_at` is set to the end of the back-off.
  absl::StatusOr<std::string> Ensure(const PodModel& model, const ContainerModel& container,
                                     const cri::PodSandboxConfig& sandbox_config, absl::Time& retry_at);

 private:
  RuntimeClient& client_;
  EventLog& log_;
  KeyedBackoff backoff_;
  std::map<std::string, absl::Time> failed_at_;  // by image
};

}  // namespace sidecar_shim::run

#endif  // SIDECAR_SHIM_SHIM_RUN_IMAGE_PULLER_H_
