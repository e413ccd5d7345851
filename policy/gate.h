// The gate at CreateContainer.
//
// It is there, and not at StartContainer, because a refused create costs
// nothing: no runtime object, no restart count, no back-off state. kubelet
// replaces a container whose start was refused by the next attempt
// (kuberuntime_manager.go computePodActions: CREATED counts as failed). And the
// gate answers at once, because kubelet starts a pod's containers one after
// another: a call that waits for a container later in the spec waits for ever,
// keeps that container's probes from being run, and outlives the pod's
// deletion.
//
// A container waits for its blockers: the regular containers of higher
// priority. A blocker is satisfied once it is up, which the pod's launch gate
// defines:
//
//   running  it has been started
//   ready    its startup and readiness probes have passed once and its postStart
//            hook has returned; without probes, it has been started and its hook
//            has returned
//
// and also once it has ended (a container that ran never blocks again, crashed
// or finished), or when kubelet will not run it in this sandbox. Restarts in a
// sandbox where a container has run before are never gated; a new sandbox
// is ordered again. So the gate delays, it never prevents: what cannot be known is
// decided in favour of starting, and the launch timeout ends every wait.
#ifndef SIDECAR_SHIM_POLICY_GATE_H_
#define SIDECAR_SHIM_POLICY_GATE_H_

#include <string>

#include "policy/pod_state.h"

namespace sidecar_shim::policy {

struct Verdict {
  bool open = true;
  // Why it is closed, for `kubectl describe`. Constant while the same containers
  // are waited for, so that kubelet's events are merged.
  std::string message = {};
  // Closed for good: no state of other containers will open it.
  bool invalid = false;
  // It will open without an event that makes kubelet retry.
  bool silent = false;
};

// Does `name` no longer block others in this sandbox?
bool IsSatisfied(const PodState& pod, const SandboxRecord& sandbox, const std::string& name);

// May `name` be created in `sandbox` now? Always in a sandbox that is being
// stopped: the runtime has the better error.
Verdict EvaluateCreate(const PodState& pod, const SandboxRecord& sandbox, const std::string& name);

}  // namespace sidecar_shim::policy

#endif  // SIDECAR_SHIM_POLICY_GATE_H_
