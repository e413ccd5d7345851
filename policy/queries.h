// What can be read off a pod's state: facts that several rules need. Pure.
#ifndef SIDECAR_SHIM_POLICY_QUERIES_H_
#define SIDECAR_SHIM_POLICY_QUERIES_H_

#include <optional>
#include <string>

#include "policy/pod_state.h"

namespace sidecar_shim::policy {

// The newest container of that name, over all sandboxes; null if none.
const ContainerRecord* Latest(const PodState& pod, const std::string& name);

// Null where the spec is unknown or does not list the container.
const ContainerSpec* SpecOf(const PodState& pod, const std::string& name);

// How far the container of that name has come in the sandbox.
const LaunchProgress& ProgressOf(const SandboxRecord& sandbox, const std::string& name);

// The traits of a container's envs: from its create, otherwise from its spec.
Traits TraitsOf(const PodState& pod, const std::string& name);

// True if the pod uses the shim: by an annotation, or by a container, in the spec
// or created, that has a priority or is a flagged sidecar.
bool ShowsIntent(const PodState& pod);

// Would kubelet restart this container, which has exited? kUnknown where the
// spec or its restartPolicy is.
TriState RestartsAfterExit(const PodState& pod, const ContainerRecord& exited);

// True if the container has exited and kubelet is known not to restart it in
// this pod: by its restart policy, or because it is a sidecar of a finished
// job, which is reported as a success.
bool WillNotRestart(const PodState& pod, const ContainerRecord& container);

// The same; or it exited with 0 in a pod of a Job, so that only a restartPolicy
// that no source reports (Always, which Jobs cannot have) could restart it.
bool IsComplete(const PodState& pod, const ContainerRecord& container);

// Until when launching into this sandbox is unsafe because kubelet is probably
// tearing it down. Time::max(): the pod is terminating or an external
// StopContainer is in progress. Time::min(): no sign of it. Otherwise: the last
// external stop + max(the pod's grace, the call's timeout) + kSandboxStopDelay;
// by then StopPodSandbox would have shown that the stop was the first step of a
// teardown.
Time TeardownSuspectedUntil(const PodState& pod, const SandboxId& sandbox);

// When pulls that have failed before can no longer be expected to be retried;
// nullopt while a pull is in progress. A pull that kubelet does not retry within
// its longest back-off is no longer needed: another pod may have pulled the
// image meanwhile.
std::optional<Time> PullsFinishedAt(const PodState& pod);

}  // namespace sidecar_shim::policy

#endif  // SIDECAR_SHIM_POLICY_QUERIES_H_
