// When the containers of a pod were refused, created, started and finished, by the runtime's clock.
#ifndef SIDECAR_SHIM_SHIM_RUN_TIMELINE_H_
#define SIDECAR_SHIM_SHIM_RUN_TIMELINE_H_

#include <cstdint>
#include <map>
#include <mutex>
#include <set>
#include <string>
#include <vector>

#include "absl/strings/string_view.h"
#include "absl/time/time.h"
#include "shim/run/pod_model.h"
#include "shim/run/pod_status.h"

namespace sidecar_shim::run {

// One container in the runtime, with the refused CreateContainer calls before it. InfinitePast stands for a
// time that has not come yet.
struct Attempt {
  uint32_t number = 0;
  std::string id;  // empty where all creates so far were refused
  absl::Time first_refused = absl::InfinitePast();
  int refusals = 0;
  std::string refusal;  // the last error text
  absl::Time created = absl::InfinitePast();
  absl::Time started = absl::InfinitePast();
  absl::Time finished = absl::InfinitePast();
  bool exited = false;
  int32_t exit_code = 0;  // of the process
  int32_t reported = 0;   // what the shim reports to kubelet
  bool masked = false;
  std::string reason;    // as reported
  bool adopted = false;  // created by another client than `run`
};

struct TimelineRow {
  std::string name;
  std::string role;      // "init", "native", "main" or "sidecar"
  std::string priority;  // empty where the container has none
  std::vector<Attempt> attempts;
};

struct Timeline {
  std::string name_space;
  std::string pod;
  std::string uid;
  std::string phase;
  std::string ending;  // "complete", or why the pod was stopped before that: "stopped", "timeout"
  absl::Time start;
  absl::Time end;                 // when the phase became final
  std::vector<TimelineRow> rows;  // in spec order, init containers first
};

// Whether `time` is set, in the above sense.
bool Happened(absl::Time time);

// Records a timeline while the pod runs. Thread-safe.
class TimelineRecorder {
 public:
  struct Change {
    enum class Kind { kAdopted, kExited };
    Kind kind;
    ContainerRecord record;
  };

  TimelineRecorder(const PodModel& model, absl::Time start);

  // Records a refused CreateContainer; returns how many in a row had this text.
  int Refused(const std::string& container, const std::string& text);
  // Records that `run` itself created the container; all others count as adopted.
  void CreatedHere(const std::string& id);
  // Records the status; returns what has changed since the last call.
  std::vector<Change> Observe(const PodStatus& status);

  Timeline Snapshot(absl::string_view phase, absl::Time end) const;

 private:
  struct Seen {
    bool running = false;
    bool exited = false;
  };
  // With mutex_ held.
  Attempt& AttemptOf(const ContainerRecord& record);

  mutable std::mutex mutex_;  // guards what follows
  Timeline timeline_;
  std::map<std::string, std::vector<Attempt>> attempts_;  // by container
  std::map<std::string, int> same_refusals_;              // by container
  std::map<std::string, Seen> seen_;                      // by id
  std::set<std::string> created_here_;
};

}  // namespace sidecar_shim::run

#endif  // SIDECAR_SHIM_SHIM_RUN_TIMELINE_H_
