// What the API server and kubelet say of pods in JSON: one pod, a PodList, an
// event of a watch. A list may be megabytes: for worker threads.
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
  // As its sandbox has it: a mirror pod stands for a static pod, whose uid is
  // in an annotation.
  policy::PodRef ref;
  PodUpdate update;
};

struct PodListing {
  std::string resource_version;
  std::vector<KnownPod> pods;
};

struct PodEvent {
  enum class Kind { kPut, kGone, kBookmark, kExpired, kError };
  Kind kind = Kind::kError;
  std::string resource_version;
  KnownPod pod;       // kPut and kGone
  std::string error;  // kError
};

// `source` is the spec's. kInvalidArgument where the text is no such object; a
// single pod of a list that cannot be read is left out.
absl::StatusOr<KnownPod> ParsePod(const std::string& text, const std::string& source);
absl::StatusOr<PodListing> ParsePodList(const std::string& text, const std::string& source);
// What cannot be read is a kError.
PodEvent ParsePodEvent(const std::string& line, const std::string& source);

// The message of a metav1.Status, which is what a refusal comes with; "" where
// the text is none.
std::string StatusMessage(const std::string& text);

// Puts lines together from pieces.
class LineSplitter {
 public:
  // False, and nothing any more, once a line exceeds 16 MiB. `on_line` must not
  // destroy the splitter.
  bool Add(absl::string_view piece, const std::function<void(std::string)>& on_line);

 private:
  std::string rest_;
  bool failed_ = false;
};

}  // namespace sidecar_shim

#endif  // SIDECAR_SHIM_SHIM_KUBE_POD_EVENTS_H_
