// The CRI configurations that kubelet derives from a pod: labels, annotations,
// envs, mounts and namespaces as in pkg/kubelet/kuberuntime.
#ifndef SIDECAR_SHIM_SHIM_RUN_POD_CONFIG_H_
#define SIDECAR_SHIM_SHIM_RUN_POD_CONFIG_H_

#include <cstdint>
#include <string>

#include "shim/run/cri.h"
#include "shim/run/pod_model.h"
#include "shim/run/volumes.h"

namespace sidecar_shim::run {

inline constexpr char kPodUidLabel[] = "io.kubernetes.pod.uid";
inline constexpr char kRestartCountAnnotation[] = "io.kubernetes.container.restartCount";

// Sent with RunPodSandbox, and again with every CreateContainer and PullImage.
cri::PodSandboxConfig SandboxConfig(const PodModel& model, const PodDirs& dirs, uint32_t attempt);

// `image_ref` is what ImageStatus or PullImage called the image.
cri::ContainerConfig ContainerConfig(const PodModel& model, const ContainerModel& container,
                                     const PodDirs& dirs, const std::string& image_ref, uint32_t attempt);

cri::ImageSpec ImageSpec(const PodModel& model, const std::string& image);

// Changes with the container's name and image only, as kubelet's.
std::string ContainerHash(const core::Container& container);

}  // namespace sidecar_shim::run

#endif  // SIDECAR_SHIM_SHIM_RUN_POD_CONFIG_H_
