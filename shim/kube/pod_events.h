// Parses the JSON in which the API server and kubelet's /pods report pods: a Pod,
// a PodList, an event of a watch, a Status. Stateless and thread-safe. A PodList
// can have megabytes, so parse it on a worker thread.
#ifndef SIDECAR_SHIM_SHIM_KUBE_POD_EVENTS_H_
#define SIDECAR_SHIM_SHIM_KUBE_POD_EVENTS_H_

#include <functional>
#include <string>
#include <vector>

#include "absl/status/statusor.h"
#include "absl/strings/string_view.h"
#include "policy/types.h"
#include "shim/kube/pod_update.h"

namespace sidecar_shim {

struct KnownPod {
  // The identity that the pod's sandbox carries. For a mirror pod this is the
  // static pod, whose UID is the annotation kubernetes.io/config.hash.
  policy::PodRef ref;
  PodUpdate update;
};

struct PodListing {
  std::string resource_version;
  std::vector<KnownPod> pods;
};

struct PodEvent {
  enum class Kind {
    kUpdated,   // ADDED or MODIFIED
    kDeleted,   // DELETED
    kBookmark,  // BOOKMARK
    kExpired,   // ERROR with code 410 (Gone): the watch must start from a new list
    kError,     // any other ERROR, or a line that is not a watch event
  };
  Kind kind = Kind::kError;
  std::string resource_version;
  KnownPod pod;       // of kUpdated and kDeleted
  std::string error;  // of kError
};

// `source` becomes PodSpec::source. kInvalidArgument: `text` is not such an object.
absl::StatusOr<KnownPod> ParsePod(const std::string& text, const std::string& source);
// Skips malformed items, so that one pod cannot hide all others.
absl::StatusOr<PodListing> ParsePodList(const std::string& text, const std::string& source);
// Returns a kError if `line` is malformed.
PodEvent ParsePodEvent(const std::string& line, const std::string& source);

// The message of a metav1.Status, the body of an API server's error response; ""
// if `text` is not a Status.
std::string StatusMessage(const std::string& text);

// Assembles lines from the pieces in which a response body arrives.
class LineSplitter {
 public:
  // Calls `on_line` for each line that `piece` completes, without its newline;
  // skips empty lines. Returns false, for good, once a line exceeds 16 MiB.
  // `on_line` must not destroy the splitter.
  bool Add(absl::string_view piece, const std::function<void(std::string)>& on_line);

 private:
  std::string rest_;
  bool failed_ = false;
};

}  // namespace sidecar_shim

#endif  // SIDECAR_SHIM_SHIM_KUBE_POD_EVENTS_H_
