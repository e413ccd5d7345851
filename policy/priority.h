// Launch priorities with the parsing and precedence of OpenKruise's container
// launch priority: an env, or the pod annotation
// `apps.kruise.io/container-launch-priority: Ordered`, which makes the envs
// irrelevant and gives 0, -1, -2, ... in spec order.
#ifndef SIDECAR_SHIM_POLICY_PRIORITY_H_
#define SIDECAR_SHIM_POLICY_PRIORITY_H_

#include <cstdint>
#include <string>

#include "absl/strings/string_view.h"
#include "policy/types.h"

namespace sidecar_shim::policy {

inline constexpr absl::string_view kPriorityEnv = "KRUISE_CONTAINER_PRIORITY";
inline constexpr absl::string_view kBarrierEnv = "KRUISE_CONTAINER_BARRIER";
inline constexpr absl::string_view kOrderedAnnotation = "apps.kruise.io/container-launch-priority";

// A container's own priority. kUnset counts as 0. kUnresolved: the spec names
// the env, but only kubelet knows its value (valueFrom, $(VAR)); the
// CreateContainer request has it.
struct Priority {
  enum class Kind { kUnset, kValue, kInvalid, kUnresolved };
  Kind kind = Kind::kUnset;
  int64_t value = 0;
  std::string text;  // as written; set for kInvalid only

  bool operator==(const Priority&) const = default;
};

// Reads an env value as Go's strconv.Atoi does: optional sign, decimal digits,
// nothing else; "+5" is 5, " 5" and "" are invalid. Values outside
// -2147483647..2147483647 (OpenKruise's documented range) are invalid.
Priority ParsePriority(absl::string_view value);

// True for the exact value "Ordered"; other values mean nothing (OpenKruise).
bool IsOrdered(const Annotations& pod_annotations);

}  // namespace sidecar_shim::policy

#endif  // SIDECAR_SHIM_POLICY_PRIORITY_H_
