// Conversion from CRI messages (runtime.v1) to the policy's plain values.
// Stateless and thread-safe; missing or malformed fields get the default that
// kubelet uses.
#ifndef SIDECAR_SHIM_SHIM_CRI_CONVERT_H_
#define SIDECAR_SHIM_SHIM_CRI_CONVERT_H_

#include <google/protobuf/map.h>

#include <string>

#include "cri.pb.h"
#include "policy/events.h"

namespace sidecar_shim {

using StringMap = google::protobuf::Map<std::string, std::string>;

policy::PodRef ToPodRef(const runtime::v1::PodSandboxMetadata& metadata);
policy::Annotations ToAnnotations(const StringMap& map);
void AddAnnotations(const policy::Annotations& annotations, runtime::v1::ContainerConfig& config);

// Whether the pod carries a label that the Job controller sets: the
// batch.kubernetes.io/ ones (Kubernetes 1.27 and later) or their unprefixed
// predecessors.
bool HasJobLabels(const StringMap& labels);

// The traits that the envs of a CreateContainer request set. Of duplicate names
// the last one counts, as in the process's environment.
policy::Traits ReadTraits(const runtime::v1::ContainerConfig& config);

// Clamps a duration taken from a request or an annotation to 0..10 years, so
// that sums of such durations cannot overflow a time.
int64_t BoundedSeconds(int64_t seconds);

// The annotation that kubelet sets on a container with a preStop hook
// (kuberuntime/labels.go, newContainerAnnotations).
inline constexpr const char* kPreStopAnnotation = "io.kubernetes.container.preStopHandler";

// Fills in how kubelet would stop the container, from the annotations that
// kubelet set: the pod's grace period (io.kubernetes.pod.terminationGracePeriod;
// 30 s if absent or malformed) and whether there is a preStop hook.
void ReadStopSettings(const StringMap& container_annotations, policy::ContainerSeen& seen);

policy::SandboxSeen ToSandboxSeen(const runtime::v1::PodSandbox& sandbox);
policy::SandboxSeen ToSandboxSeen(const std::string& id, const runtime::v1::PodSandboxConfig& config);

// From a CRI timestamp: nanoseconds since the Unix epoch, 0 = not yet happened.
policy::RuntimeTime ToRuntimeTime(int64_t nanoseconds);

// The exit that a ContainerStatus of an exited container reports.
policy::ContainerExited ToContainerExited(const runtime::v1::ContainerStatus& status);

// A state that this version of CRI does not define is kUnknown.
policy::RunState ToRunState(runtime::v1::ContainerState state);

// "namespace/name", as log lines name a pod.
std::string Describe(const policy::PodRef& pod);

}  // namespace sidecar_shim

#endif  // SIDECAR_SHIM_SHIM_CRI_CONVERT_H_
