// The gate at CreateContainer and the one at StartContainer (for people with
// crictl). Pure: reads a pod, says open or closed and why.
#ifndef SIDECAR_SHIM_POLICY_GATE_H_
#define SIDECAR_SHIM_POLICY_GATE_H_

#include <optional>
#include <string>

#include "policy/launch_order.h"
#include "policy/pod_state.h"

namespace sidecar_shim::policy {

struct Verdict {
  bool open = true;
  // Why closed, for `kubectl describe`. Constant while the same containers are
  // waited for, so that kubelet's events are merged.
  std::string message;
  // Closed for good: no state of other containers will open it.
  bool invalid = false;
  // It will open without an event that makes kubelet come back.
  bool silent = false;
};

// Does `name` no longer block others in this sandbox? A container that ran
// once and has ended never does.
bool IsSatisfied(const PodState& pod, const SandboxRecord& sandbox, const std::string& name);

// May `name` be created in `sandbox` now? A restart in a sandbox where it ran
// is always open; so is everything in a sandbox that is being stopped.
Verdict EvaluateCreate(const PodState& pod, const SandboxRecord& sandbox, const std::string& name);

// May this created container be started now? Closed while a neighbour of
// higher priority in the same sandbox exists but no container of that name has
// been started there. For pods without a spec only.
Verdict EvaluateStart(const PodState& pod, const ContainerRecord& container);

// The name of a container of lower priority that had already started in
// `sandbox` when `name` came, if any (no spec told of it in time).
std::optional<std::string> FindInversion(const PodState& pod, const SandboxRecord& sandbox,
                                         const std::string& name, const Traits& traits);

}  // namespace sidecar_shim::policy

#endif  // SIDECAR_SHIM_POLICY_GATE_H_
