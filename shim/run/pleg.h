// kubelet's pod lifecycle event generator (PLEG): relists the pod in the runtime once per period and reports
// changes to the pod worker.
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

// Runs a thread of its own from construction to destruction. All methods are thread-safe. As in kubelet, a
// relist reads the statuses of the pod only if a list shows a changed state, and sandboxes count as
// containers.
class Pleg {
 public:
  // `observer` gets every new status, on the PLEG's thread. `client` and `log` must outlive the object. A
  // relist begins `period` after the end of the last one.
  Pleg(RuntimeClient& client, EventLog& log, std::string pod_uid, absl::Duration period,
       std::function<void(const PodStatus&)> observer);
  ~Pleg();
  Pleg(const Pleg&) = delete;
  Pleg& operator=(const Pleg&) = delete;

  // Waits for the status from a relist that began after `since`; nullopt after Interrupt() or at `deadline`.
  std::optional<PodStatus> NewerThan(absl::Time since, absl::Time deadline);

  // Waits for a container or sandbox of the pod that started, died or was removed since the last call (true);
  // false after Interrupt() or at `deadline`.
  bool WaitForChange(absl::Time deadline);

  // Makes waiting calls return at once, and later ones too until Resume().
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

  // Only the PLEG's thread uses these.
  std::map<std::string, State> states_;
  std::map<std::string, bool> is_sandbox_;
  bool inspect_again_ = false;
  bool failing_ = false;

  std::mutex mutex_;  // guards what follows
  std::condition_variable relisted_;
  PodStatus status_;
  absl::Time as_of_ = absl::InfinitePast();
  bool changed_ = false;
  bool interrupted_ = false;
  bool stopped_ = false;

  std::thread thread_;
};

}  // namespace sidecar_shim::run

#endif  // SIDECAR_SHIM_SHIM_RUN_PLEG_H_
