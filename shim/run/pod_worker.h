// kubelet's pod worker for one pod: from RunPodSandbox to the removal of the pod, against any CRI runtime. It
// works in passes, by kubelet's rules:
//
//  * A pass starts the containers one after another in spec order; after an error it continues with the next.
//  * The next pass begins when the PLEG reports a container or sandbox that started, died or was removed;
//    otherwise 10-15 s after a pass with errors, 1-1.5 s after one whose errors contain "network is not
//    ready", and 60-90 s after one without errors.
//  * A pass works on a status that is newer than the end of the last pass.
//
//    PodWorker worker(model, client, options, print);
//    PodResult result = worker.Run();   // blocks; Stop() from any thread
#ifndef SIDECAR_SHIM_SHIM_RUN_POD_WORKER_H_
#define SIDECAR_SHIM_SHIM_RUN_POD_WORKER_H_

#include <atomic>
#include <memory>
#include <random>

#include "absl/status/status.h"
#include "absl/time/time.h"
#include "shim/run/container_starter.h"
#include "shim/run/events.h"
#include "shim/run/pleg.h"
#include "shim/run/pod_actions.h"
#include "shim/run/pod_model.h"
#include "shim/run/pod_phase.h"
#include "shim/run/pod_stopper.h"
#include "shim/run/runtime_client.h"
#include "shim/run/sync_pass.h"
#include "shim/run/timeline.h"
#include "shim/run/volumes.h"
#include "shim/run/worker_options.h"

namespace sidecar_shim::run {

struct PodResult {
  Phase phase = Phase::kPending;
  bool stopped = false;  // by Stop(), before the phase was final
  bool timed_out = false;
  absl::Status cleanup;  // not OK: why the runtime may still have parts of the pod
  Timeline timeline;
};

class PodWorker {
 public:
  // `model` and `client` must outlive the worker. `dirs` must have been prepared with PrepareVolumes().
  // Offsets and the timeout count from `start`, the present time. The sink is called from several threads,
  // by one at a time.
  PodWorker(const PodModel& model, const PodDirs& dirs, RuntimeClient& client, absl::Time start,
            WorkerOptions options, EventSink sink);

  // Call once. Returns when the pod has ended or was stopped, and (unless kept) has been removed.
  PodResult Run();

  // Stops the pod with its grace period, as if it had been deleted. Thread-safe.
  void Stop();

 private:
  void Observe(const PodStatus& status);
  // False once the phase is terminal.
  bool Sync(const PodStatus& status, SyncPass& pass);
  bool EnsureSandbox(const PodStatus& status, const PodActions& actions, SyncPass& pass);
  bool Start(const ContainerModel& container, const PodStatus& status, SyncPass& pass);
  absl::Status StartOnce(const ContainerModel& container, const PodStatus& status, SyncPass& pass);
  bool BacksOff(const ContainerModel& container, const PodStatus& status, SyncPass& pass);
  absl::Time NextPass(const SyncPass& pass);
  absl::Duration Jittered(absl::Duration period);
  void SetPhase(Phase phase);
  bool Ended() const;
  // Stops and removes what the runtime has of the pod after the last pass.
  absl::Status Teardown(absl::Time last_pass);

  const PodModel& model_;
  const PodDirs dirs_;
  RuntimeClient& client_;
  const WorkerOptions options_;
  const absl::Time start_;
  EventLog log_;
  TimelineRecorder recorder_;
  PodStopper stopper_;
  ContainerStarter starter_;
  Phase phase_ = Phase::kPending;
  absl::Time phase_since_;
  std::mt19937 random_;
  std::atomic<bool> stop_{false};
  std::unique_ptr<Pleg> pleg_;
};

}  // namespace sidecar_shim::run

#endif  // SIDECAR_SHIM_SHIM_RUN_POD_WORKER_H_
