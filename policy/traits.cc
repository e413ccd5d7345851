#include "policy/traits.h"

#include "absl/strings/match.h"

namespace sidecar_shim::policy {

Traits MergeWithSpec(Traits requested, const Traits& spec) {
  // An env of the spec that kubelet could not resolve is not in the request: it has no value.
  if (requested.priority.kind == Priority::Kind::kUnset && spec.priority.kind == Priority::Kind::kValue) {
    requested.priority = spec.priority;
  }
  requested.sidecar |= spec.sidecar;
  requested.ignore_exit_code |= spec.ignore_exit_code;
  return requested;
}

void TraitsReader::Env(absl::string_view name, absl::string_view value) {
  if (name == kPriorityEnv) {
    priority_ = ParsePriority(value);
  } else if (name == kBarrierEnv) {
    barrier_ = true;
  } else if (name == kTerminateEnv) {
    terminate_ = absl::EqualsIgnoreCase(value, "true");
  } else if (name == kTerminateWithImageEnv) {
    with_image_ = !value.empty();
  } else if (name == kIgnoreExitCodeEnv) {
    ignore_exit_code_ = absl::EqualsIgnoreCase(value, "true");
  }
}

void TraitsReader::UnresolvedEnv(absl::string_view name) {
  if (name == kPriorityEnv) priority_ = Priority{Priority::Kind::kUnresolved, 0, {}};
  if (name == kBarrierEnv) barrier_ = true;
}

Traits TraitsReader::Finish() const {
  Traits traits;
  traits.priority = priority_;
  // _WITH_IMAGE marks a sidecar of a virtual node; on a real node OpenKruise
  // counts it as a sidecar but never ends it, which leaves the job hanging.
  traits.sidecar = terminate_ || with_image_;
  traits.ignore_exit_code = terminate_ && ignore_exit_code_;
  traits.barrier = barrier_;
  return traits;
}

}  // namespace sidecar_shim::policy
