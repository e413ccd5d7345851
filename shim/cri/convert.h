// CRI messages read as the policy's plain values.
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

// Carries a label that the Job controller sets (batch/v1, or older).
bool HasJobLabels(const StringMap& labels);

// The containers' envs as they will be (the last duplicate wins).
policy::Traits ReadTraits(const runtime::v1::ContainerConfig& config);

// Seconds that somebody gives: not below 0, and such that sums of them fit in
// any clock.
int64_t BoundedSeconds(int64_t seconds);

// kubelet's annotation of a container that has a preStop hook.
inline constexpr const char* kPreStopAnnotation = "io.kubernetes.container.preStopHandler";

// How a container is to be stopped, as kubelet's annotations tell: its pod's
// grace (io.kubernetes.pod.terminationGracePeriod, 30 s where absent), and
// whether it has a preStop hook.
void ReadStopSettings(const StringMap& container_annotations, policy::ContainerSeen& seen);

policy::SandboxSeen ToSandboxSeen(const runtime::v1::PodSandbox& sandbox);
policy::SandboxSeen ToSandboxSeen(const std::string& id, const runtime::v1::PodSandboxConfig& config);

// CRI's timestamps: nanoseconds since the epoch, 0 = has not happened.
policy::RuntimeTime ToRuntimeTime(int64_t nanoseconds);

// How the container ended, as its status records it.
policy::ContainerExited ToContainerExited(const runtime::v1::ContainerStatus& status);

policy::RunState ToRunState(runtime::v1::ContainerState state);

// "namespace/name", for the log.
std::string Describe(const policy::PodRef& pod);

}  // namespace sidecar_shim

#endif  // SIDECAR_SHIM_SHIM_CRI_CONVERT_H_
