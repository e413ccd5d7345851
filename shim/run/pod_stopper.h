// How kubelet runs hooks and stops containers (killContainer): the preStop hook within the grace period, then
// StopContainer with what is left of it; and how it stops and removes a pod (killPod).
#ifndef SIDECAR_SHIM_SHIM_RUN_POD_STOPPER_H_
#define SIDECAR_SHIM_SHIM_RUN_POD_STOPPER_H_

#include <string>

#include "absl/status/status.h"
#include "absl/time/time.h"
#include "shim/run/events.h"
#include "shim/run/pod_model.h"
#include "shim/run/pod_status.h"
#include "shim/run/runtime_client.h"

namespace sidecar_shim::run {

// Thread-safe: it has no state of its own.
class PodStopper {
 public:
  // `minimum_grace`: kubelet's minimumGracePeriodInSeconds, the least that StopContainer gets.
  PodStopper(RuntimeClient& client, EventLog& log, const PodModel& model,
             absl::Duration minimum_grace = absl::Seconds(2))
      : client_(client), log_(log), model_(model), minimum_grace_(minimum_grace) {}

  // Returns when the postStart hook has ended; OK where there is none.
  absl::Status PostStart(const ContainerModel& container, const std::string& id);

  // Stops one container within the pod's grace period less `spent`. OK where the runtime no longer has it.
  absl::Status StopOne(const ContainerRecord& record, absl::Duration spent);

  // Stops all running containers: the regular and init ones at the same time, then native sidecars in
  // reverse order; then stops every sandbox. Continues after errors and returns the first.
  absl::Status StopPod(const PodStatus& status);

  // Removes the containers and sandboxes. Continues after errors and returns the first.
  absl::Status RemovePod(const PodStatus& status);

 private:
  // `name` is "postStart" or "preStop", for errors.
  absl::Status RunHook(const char* name, const LifecycleHook& hook, const ContainerModel& container,
                       const std::string& id, absl::Duration limit);
  absl::Status RunExec(const ExecHook& hook, const ContainerModel& container, const std::string& id,
                       absl::Duration limit);

  RuntimeClient& client_;
  EventLog& log_;
  const PodModel& model_;
  const absl::Duration minimum_grace_;
};

}  // namespace sidecar_shim::run

#endif  // SIDECAR_SHIM_SHIM_RUN_POD_STOPPER_H_
