// How kubelet ends containers: preStop hook within the grace, then
// StopContainer with what is left of it; and how a pod is taken down.
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

// Thread-safe: it holds no state.
class PodStopper {
 public:
  // kubelet's minimumGracePeriodInSeconds is the least that StopContainer gets.
  PodStopper(RuntimeClient& client, EventLog& log, const PodModel& model,
             absl::Duration minimum_grace = absl::Seconds(2))
      : client_(client), log_(log), model_(model), minimum_grace_(minimum_grace) {}

  // Runs a postStart hook to its end; OK where there is none.
  absl::Status PostStart(const ContainerModel& container, const std::string& id);

  // Ends one container within the pod's grace less `spent`. A container that
  // is gone already is a success.
  absl::Status StopOne(const ContainerRecord& record, absl::Duration spent);

  // Ends all containers that run: the regular and init ones at the same time,
  // then native sidecars, last first; then stops every sandbox. Goes on after
  // errors and returns the first.
  absl::Status StopPod(const PodStatus& status);

  // Removes the containers and sandboxes. Goes on after errors.
  absl::Status RemovePod(const PodStatus& status);

 private:
  void PreStop(const ContainerModel& container, const std::string& id, absl::Duration grace);
  absl::Status RunExec(const ContainerModel& container, const std::string& id, const Hook& hook,
                       absl::Duration limit);

  RuntimeClient& client_;
  EventLog& log_;
  const PodModel& model_;
  const absl::Duration minimum_grace_;
};

}  // namespace sidecar_shim::run

#endif  // SIDECAR_SHIM_SHIM_RUN_POD_STOPPER_H_
