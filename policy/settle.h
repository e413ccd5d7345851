// Applies every rule to the current state of one pod and returns the actions.
// Rules are levels, not edges, so an event that was lost, doubled or late costs
// time at most. Idempotent: settling twice at the same time does nothing the
// second time.
//
//   joined creates whose launch is over      -> AnswerCreate, AdmitCreate
//   launches that an earlier shim began      -> ResumeLaunch
//   held creates whose gate is open, or      -> Launch where the request is kept;
//   whose launch timeout is over                else kubelet's retry is admitted
//   requests that are no longer wanted       -> Forget
//   containers that others wait for          -> StartProbing, StopProbing
//   held starts                              -> ForwardStart, AnswerStart, FailStart
//   a complete pod                           -> StopSidecar, level by level
#ifndef SIDECAR_SHIM_POLICY_SETTLE_H_
#define SIDECAR_SHIM_POLICY_SETTLE_H_

#include <optional>
#include <string>

#include "policy/actions.h"
#include "policy/pod_state.h"

namespace sidecar_shim::policy {

// Returns when the pod must be settled again although nothing happened.
std::optional<Time> SettlePod(PodState& pod, const Options& options, Time now, Actions& actions);

// For a pod whose last sandbox is gone: answers every call that waits and cancels
// what the actuators were given.
void ReleasePod(PodState& pod, Actions& actions);

// What is stamped on a container that is about to be created; nullopt for a pod
// that does not use the shim, whose requests are forwarded byte for byte.
std::optional<Stamp> StampFor(const PodState& pod, const std::string& name, bool by_shim);

}  // namespace sidecar_shim::policy

#endif  // SIDECAR_SHIM_POLICY_SETTLE_H_
