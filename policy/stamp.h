// What a later shim must know of a container that this one created: a value
// that is kept with the container in the runtime, which is the shim's only
// store. shim/specs encodes it.
#ifndef SIDECAR_SHIM_POLICY_STAMP_H_
#define SIDECAR_SHIM_POLICY_STAMP_H_

#include <optional>

#include "policy/spec.h"
#include "policy/traits.h"

namespace sidecar_shim::policy {

struct Stamp {
  Traits traits;
  bool by_shim = false;  // created ahead of kubelet
  // What was known of the pod then; absent where only names were known.
  std::optional<PodSpec> spec;

  bool operator==(const Stamp&) const = default;
};

}  // namespace sidecar_shim::policy

#endif  // SIDECAR_SHIM_POLICY_STAMP_H_
