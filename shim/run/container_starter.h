// How kubelet starts one container (startContainer, doBackOff): crash-loop back-off, image, CreateContainer,
// StartContainer, postStart hook.
#ifndef SIDECAR_SHIM_SHIM_RUN_CONTAINER_STARTER_H_
#define SIDECAR_SHIM_SHIM_RUN_CONTAINER_STARTER_H_

#include <set>
#include <string>

#include "absl/status/status.h"
#include "absl/strings/string_view.h"
#include "shim/run/events.h"
#include "shim/run/image_puller.h"
#include "shim/run/keyed_backoff.h"
#include "shim/run/pod_model.h"
#include "shim/run/pod_status.h"
#include "shim/run/pod_stopper.h"
#include "shim/run/runtime_client.h"
#include "shim/run/sync_pass.h"
#include "shim/run/timeline.h"
#include "shim/run/volumes.h"
#include "shim/run/worker_options.h"

namespace sidecar_shim::run {

// Not thread-safe. What it is constructed with must outlive it.
class ContainerStarter {
 public:
  ContainerStarter(const PodModel& model, const PodDirs& dirs, const WorkerOptions& options,
                   RuntimeClient& client, EventLog& log, TimelineRecorder& recorder, PodStopper& stopper);

  // Starts the container in the sandbox of `pass`, unless it backs off. Records failures and back-offs in
  // `pass` and in the log; true where the container has started.
  bool Start(const ContainerModel& container, const PodStatus& status, SyncPass& pass);

  // The names of the containers whose last start failed (kubelet's reasonCache).
  const std::set<std::string>& waiting() const { return waiting_; }

 private:
  bool BacksOff(const ContainerModel& container, const PodStatus& status, SyncPass& pass);
  absl::Status StartOnce(const ContainerModel& container, const PodStatus& status, SyncPass& pass);
  absl::Status CreateRefused(const std::string& name, const absl::Status& error, SyncPass& pass);
  absl::Status Fail(Event::Kind kind, const std::string& name, absl::string_view what,
                    const absl::Status& error, SyncPass& pass);

  const PodModel& model_;
  const PodDirs& dirs_;
  RuntimeClient& client_;
  EventLog& log_;
  TimelineRecorder& recorder_;
  PodStopper& stopper_;
  ImagePuller images_;
  KeyedBackoff crash_loops_;  // by container
  std::set<std::string> waiting_;
};

}  // namespace sidecar_shim::run

#endif  // SIDECAR_SHIM_SHIM_RUN_CONTAINER_STARTER_H_
