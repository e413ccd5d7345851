// The pod lifecycle event generator: looks at the pod in the runtime once per
// period and tells the worker what changed.
#ifndef SIDECAR_SHIM_SHIM_RUN_PLEG_H_
#define SIDECAR_SHIM_SHIM_RUN_PLEG_H_

#include <condition_variable>
#include <functional>
#include <map>
#include <mutex>
#include <optional>
#include <string>
#include <thread>

#include "absl/status/status.h"
#include "absl/time/time.h"
#include "shim/run/events.h"
#include "shim/run/pod_status.h"
#include "shim/run/runtime_client.h"

namespace sidecar_shim::run {

// Runs a thread of its own from construction to destruction. All methods are
// thread-safe. Lists cheaply, and reads every status of the pod only when a
// state has changed, as kubelet does; sandboxes count as containers.
class Pleg {
 public:
  // `observer` gets every new status, on the thread of the PLEG. `client` and
  // `log` must outlive it. The next look comes `period` after the end of the
  // last one.
  Pleg(RuntimeClient& client, EventLog& log, std::string pod_uid, absl::Duration period,
       std::function<void(const PodStatus&)> observer);
  ~Pleg();
  Pleg(const Pleg&) = delete;
  Pleg& operator=(const Pleg&) = delete;

  // The pod as a look that began after `since` found it. Nothing after
  // Interrupt() or when `deadline` has passed.
  std::optional<PodStatus> NewerThan(absl::Time since, absl::Time deadline);

  // Waits until something of the pod has started, died or gone since the last
  // call (true), `deadline` has passed or Interrupt() was called (false).
  bool WaitForChange(absl::Time deadline);

  // Makes waiting calls return, and all later ones too until Resume().
  void Interrupt();
  void Resume();

 private:
  enum class State { kRunning, kExited, kUnknown };

  void Loop();
  void Relist();
  // The states of all sandboxes and containers by id.
  absl::StatusOr<std::map<std::string, State>> List();
  absl::StatusOr<PodStatus> Inspect(const std::map<std::string, State>& states);
  void Report(const absl::Status& status);

  RuntimeClient& client_;
  EventLog& log_;
  const std::string pod_uid_;
  const absl::Duration period_;
  const std::function<void(const PodStatus&)> observer_;

  // Of the thread only.
  std::map<std::string, State> states_;
  std::map<std::string, bool> is_sandbox_;
  bool inspect_again_ = false;
  bool failing_ = false;

  std::mutex mutex_;  // guards what follows
  std::condition_variable news_;
  PodStatus status_;
  absl::Time as_of_ = absl::InfinitePast();
  bool changed_ = false;
  bool interrupted_ = false;
  bool stopped_ = false;

  std::thread thread_;
};

}  // namespace sidecar_shim::run

#endif  // SIDECAR_SHIM_SHIM_RUN_PLEG_H_
