// When each container of a pod was refused, created, started and finished, by
// the runtime's own clock.
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

// One container object of the runtime, with the refusals that came before it.
// Times that have not come are InfinitePast.
struct Attempt {
  uint32_t number = 0;
  std::string id;  // empty: only refused so far
  absl::Time first_refused = absl::InfinitePast();
  int refusals = 0;
  std::string refusal;  // the latest text
  absl::Time created = absl::InfinitePast();
  absl::Time started = absl::InfinitePast();
  absl::Time finished = absl::InfinitePast();
  bool exited = false;
  int32_t exit_code = 0;  // as it really was
  int32_t reported = 0;   // as kubelet sees it
  bool masked = false;
  std::string reason;    // as reported
  bool adopted = false;  // not created by this tool
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
  std::string ending;  // "complete", or why the pod was ended before: "stopped", "timeout"
  absl::Time start;
  absl::Time end;                 // when the phase became final
  std::vector<TimelineRow> rows;  // in spec order, init containers first
};

bool Happened(absl::Time time);

// Gathers a timeline while the pod runs. Thread-safe.
class TimelineRecorder {
 public:
  struct Change {
    enum class Kind { kAdopted, kExited };
    Kind kind;
    ContainerRecord record;
  };

  TimelineRecorder(const PodModel& model, absl::Time start);

  // The how-manieth refusal in a row with this same text.
  int Refused(const std::string& container, const std::string& text);
  void CreatedHere(const std::string& id);
  // Takes over what the runtime says; returns what it had not said before.
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
