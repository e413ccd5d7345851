// What the shim writes into a managed container's annotations at create, and
// reads back after a restart: the runtime is the shim's only store (kubelet
// reads just its own keys; the runtime returns annotations unchanged).
#ifndef SIDECAR_SHIM_POLICY_STAMP_H_
#define SIDECAR_SHIM_POLICY_STAMP_H_

#include <optional>
#include <string>

#include "policy/spec.h"
#include "policy/types.h"

namespace sidecar_shim::policy {

inline constexpr absl::string_view kStampPrefix = "internal.sidecar-shim.io/";

struct Stamp {
  Traits traits;
  bool by_shim = false;  // created ahead of kubelet
  std::optional<PodSpec> spec;
};

Annotations WriteStamp(const Stamp& stamp);

// nullopt where the annotations carry no stamp. A damaged part reads as absent.
std::optional<Stamp> ReadStamp(const Annotations& container_annotations);

}  // namespace sidecar_shim::policy

#endif  // SIDECAR_SHIM_POLICY_STAMP_H_
