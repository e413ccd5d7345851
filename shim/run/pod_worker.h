// Kubelet's pod worker for one pod: from RunPodSandbox to the end of the pod,
// against any CRI runtime. The rules are kubelet's:
//
//  * A pass starts the containers one after another in spec order; an error of
//    one does not keep the next from being tried.
//  * The next pass comes when the PLEG has seen something start, die or go,
//    after 10-15 s where a pass had errors, or after 1-1.5 s where their text
//    contains "network is not ready".
//  * A pass works on a status that is newer than the end of the last pass.
//
//    PodWorker worker(model, client, options, print);
//    PodResult result = worker.Run();   // blocks; Stop() from any thread
#ifndef SIDECAR_SHIM_SHIM_RUN_POD_WORKER_H_
#define SIDECAR_SHIM_SHIM_RUN_POD_WORKER_H_

#include <atomic>
#include <memory>
#include <random>
#include <set>
#include <string>

#include "absl/status/status.h"
#include "absl/time/time.h"
#include "shim/run/backoff.h"
#include "shim/run/decisions.h"
#include "shim/run/events.h"
#include "shim/run/image_puller.h"
#include "shim/run/pleg.h"
#include "shim/run/pod_model.h"
#include "shim/run/pod_stopper.h"
#include "shim/run/runtime_client.h"
#include "shim/run/timeline.h"
#include "shim/run/volumes.h"

namespace sidecar_shim::run {

// kubelet's constants; tests scale them.
struct WorkerOptions {
  absl::Duration relist_period = absl::Seconds(1);
  absl::Duration resync_period = absl::Seconds(60);     // after a pass without errors
  absl::Duration backoff_period = absl::Seconds(10);    // after a pass with errors
  absl::Duration transient_backoff = absl::Seconds(1);  // "network is not ready"
  double jitter = 0.5;                                  // each of the three is stretched by up to this
  absl::Duration sync_tick = absl::Seconds(1);          // delayed passes begin on a tick
  absl::Duration crash_loop_base = absl::Seconds(10);
  absl::Duration crash_loop_max = absl::Seconds(300);
  absl::Duration image_backoff_base = absl::Seconds(10);
  absl::Duration image_backoff_max = absl::Seconds(300);
  absl::Duration minimum_grace = absl::Seconds(2);
  // After this the pod is ended and the result says timed_out.
  absl::Duration timeout = absl::InfiniteDuration();
  // How long an end by Stop() or timeout waits for a runtime that is silent.
  absl::Duration give_up_after = absl::Seconds(10);
  bool keep = false;  // leave the stopped containers and sandbox
};

struct PodResult {
  Phase phase = Phase::kPending;
  bool stopped = false;  // by Stop()
  bool timed_out = false;
  absl::Status cleanup;  // why something may be left in the runtime
  Timeline timeline;
};

class PodWorker {
 public:
  // `model` and `client` must outlive the worker; its volumes must have been
  // prepared in `dirs`. All offsets and the timeout count from `start`, which
  // is now. The sink is called from several threads, one at a time.
  PodWorker(const PodModel& model, const PodDirs& dirs, RuntimeClient& client, absl::Time start,
            WorkerOptions options, EventSink sink);

  // Call once. Returns when the pod is over, or ended, and (unless kept)
  // removed.
  PodResult Run();

  // Ends the pod as a deletion does: with grace. Thread-safe.
  void Stop();

 private:
  struct Pass;

  void Observe(const PodStatus& status);
  // False once the phase is terminal.
  bool Sync(const PodStatus& status, Pass& pass);
  bool EnsureSandbox(const PodStatus& status, const PodActions& actions, Pass& pass);
  bool Start(const ContainerModel& container, const PodStatus& status, Pass& pass);
  absl::Status StartOnce(const ContainerModel& container, const PodStatus& status, Pass& pass);
  bool BacksOff(const ContainerModel& container, const PodStatus& status, Pass& pass);
  absl::Time NextPass(const Pass& pass);
  absl::Duration Jittered(absl::Duration period);
  void SetPhase(Phase phase);
  bool Ended() const;
  // Stops and removes whatever the runtime has of the pod, as seen after the
  // last pass.
  absl::Status TakeDown(absl::Time last_pass);

  const PodModel& model_;
  const PodDirs dirs_;
  RuntimeClient& client_;
  const WorkerOptions options_;
  const absl::Time start_;
  EventLog log_;
  TimelineRecorder recorder_;
  PodStopper stopper_;
  ImagePuller images_;
  Backoff crash_loops_;
  std::set<std::string> waiting_;  // containers whose last start failed
  Phase phase_ = Phase::kPending;
  absl::Time phase_since_;
  std::mt19937 random_;
  std::atomic<bool> stop_{false};
  std::unique_ptr<Pleg> pleg_;
};

}  // namespace sidecar_shim::run

#endif  // SIDECAR_SHIM_SHIM_RUN_POD_WORKER_H_
