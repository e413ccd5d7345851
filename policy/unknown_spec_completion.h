// Completion where the pod's list of containers or its restartPolicy is not
// known. CRI carries neither.
//
// List unknown: the main containers are those that have been created so far.
// Another one may still follow (an image pull, a slow kubelet), so the pod must
// have been quiet for Options::quiet_period, and none of its pulls may be
// expected any more. A container without the flag counts as a main container
// even if it is an init or ephemeral one.
//
// restartPolicy unknown: only pods with the labels of the Job controller are
// completed, whose policy is Never or OnFailure (batch/v1 validation). Under
// both an exit with 0 is final. A failure is final under Never only; under
// OnFailure kubelet restarts the container after 1-2 s the first time, and later
// after a back-off of up to 5 minutes. So a failed main container has
// Options::restart_grace_period to run again, and kubelet's longest back-off in
// addition once it has been restarted before.
#ifndef SIDECAR_SHIM_POLICY_UNKNOWN_SPEC_COMPLETION_H_
#define SIDECAR_SHIM_POLICY_UNKNOWN_SPEC_COMPLETION_H_

#include <optional>
#include <set>
#include <string>

#include "policy/pod_state.h"

namespace sidecar_shim::policy {

// The names of the containers seen so far that are sidecars, or are not.
std::set<std::string> ObservedNames(const PodState& pod, bool sidecars);

// When the list of containers seen so far may be taken for complete; nullopt
// while an image is being pulled.
std::optional<Time> ListKnownAt(const PodState& pod, const Options& options);

// When this exit becomes final, `from` at the earliest; nullopt if it does not
// as things are. for_restart: kubelet killed the container in order to restart
// it.
std::optional<Time> FinalUnderUnknownPolicy(const PodState& pod, const ContainerRecord& exited, Time from,
                                            bool for_restart, const Options& options);

// How long after a failure a container may be restarted.
Duration RestartAllowance(const PodState& pod, const ContainerRecord& failed, const Options& options);

}  // namespace sidecar_shim::policy

#endif  // SIDECAR_SHIM_POLICY_UNKNOWN_SPEC_COMPLETION_H_
