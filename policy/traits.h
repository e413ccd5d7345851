// What a container's environment variables declare: its launch priority and
// whether it is a job sidecar (the envs of OpenKruise's Container Launch Priority
// and Job Sidecar Terminator).
#ifndef SIDECAR_SHIM_POLICY_TRAITS_H_
#define SIDECAR_SHIM_POLICY_TRAITS_H_

#include <cstdint>

#include "absl/strings/string_view.h"
#include "policy/priority.h"

namespace sidecar_shim::policy {

inline constexpr absl::string_view kTerminateEnv = "KRUISE_TERMINATE_SIDECAR_WHEN_JOB_EXIT";
inline constexpr absl::string_view kTerminateWithImageEnv =
    "KRUISE_TERMINATE_SIDECAR_WHEN_JOB_EXIT_WITH_IMAGE";
inline constexpr absl::string_view kIgnoreExitCodeEnv = "KRUISE_TERMINATE_SIDECAR_IGNORE_EXIT_CODE";

struct Traits {
  Priority priority;
  bool sidecar = false;           // flagged: to be stopped once the main containers have finished
  bool ignore_exit_code = false;  // _IGNORE_EXIT_CODE together with the flag
  bool barrier = false;           // OpenKruise itself orders the pod

  // True if the container uses launch order or termination.
  bool ShowsIntent() const { return sidecar || priority.kind != Priority::Kind::kUnset; }

  bool operator==(const Traits&) const = default;
};

// The traits from a CreateContainer request, completed by what only the spec
// has (the containers annotation may give priorities and flags without any env).
Traits MergeWithSpec(Traits requested, const Traits& spec);

// Feed every env of a container in order (the last duplicate wins, as in the
// runtime), then call Finish().
class TraitsReader {
 public:
  void Env(absl::string_view name, absl::string_view value);
  // An env whose value only kubelet can resolve.
  void UnresolvedEnv(absl::string_view name);
  Traits Finish() const;

 private:
  Priority priority_;
  bool terminate_ = false;
  bool with_image_ = false;
  bool ignore_exit_code_ = false;
  bool barrier_ = false;
};

}  // namespace sidecar_shim::policy

#endif  // SIDECAR_SHIM_POLICY_TRAITS_H_
