// Which container waits for which: the effective priorities of a pod's regular
// containers.
//
//   LaunchOrder order = LaunchOrder::Of(pod);
//   for (const Blocker& b : order.BlockersOf("main")) ...
//
// Order is off (no container waits) for pods without a spec, with one container,
// with all-equal priorities, with OpenKruise's own barrier, and opted-out pods
// (as in OpenKruise's containerlaunchpriority webhook).
#ifndef SIDECAR_SHIM_POLICY_LAUNCH_ORDER_H_
#define SIDECAR_SHIM_POLICY_LAUNCH_ORDER_H_

#include <cstdint>
#include <string>
#include <vector>

#include "policy/pod_state.h"

namespace sidecar_shim::policy {

struct Ranked {
  std::string name;
  Priority priority;  // effective: the index under Ordered, 0 where unset
};

class LaunchOrder {
 public:
  static LaunchOrder Of(const PodState& pod);

  bool on() const { return on_; }

  // Null for a container that is not a regular one of the spec.
  const Ranked* Find(const std::string& name) const;

  // The containers that must be up before `name`: higher priority, or a
  // priority that is not known yet, or not valid (unresolved, invalid). Highest
  // first.
  std::vector<Ranked> BlockersOf(const std::string& name) const;

 private:
  bool on_ = false;
  std::vector<Ranked> ranked_;  // in spec order
};

// The priority that termination levels and messages use: 0 where none is known.
int64_t EffectivePriority(const PodState& pod, const std::string& name);

}  // namespace sidecar_shim::policy

#endif  // SIDECAR_SHIM_POLICY_LAUNCH_ORDER_H_
