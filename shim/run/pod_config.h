// The CRI configs that kubelet makes from a pod (pkg/kubelet/kuberuntime, generatePodSandboxConfig and
// generateContainerConfig): labels, annotations, envs, mounts and namespaces.
#ifndef SIDECAR_SHIM_SHIM_RUN_POD_CONFIG_H_
#define SIDECAR_SHIM_SHIM_RUN_POD_CONFIG_H_

#include <cstdint>
#include <string>

#include "shim/run/cri.h"
#include "shim/run/pod_model.h"
#include "shim/run/volumes.h"

namespace sidecar_shim::run {

// Sent with RunPodSandbox, and again with every CreateContainer and PullImage.
cri::PodSandboxConfig SandboxConfig(const PodModel& model, const PodDirs& dirs, uint32_t attempt);

// `image_ref`: the image's id from ImageStatus, or its reference from PullImage.
cri::ContainerConfig ContainerConfig(const PodModel& model, const ContainerModel& container,
                                     const PodDirs& dirs, const std::string& image_ref, uint32_t attempt);

cri::ImageSpec ImageSpec(const PodModel& model, const std::string& image);

// Depends only on the container's name and image, as kubelet's HashContainer since v1.31.
std::string ContainerHash(const core::Container& container);

}  // namespace sidecar_shim::run

#endif  // SIDECAR_SHIM_SHIM_RUN_POD_CONFIG_H_
