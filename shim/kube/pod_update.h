// What a spec source tells of one pod, out of its core/v1 Pod.
#ifndef SIDECAR_SHIM_SHIM_KUBE_POD_UPDATE_H_
#define SIDECAR_SHIM_SHIM_KUBE_POD_UPDATE_H_

#include <string>
#include <vector>

#include "absl/status/statusor.h"
#include "kube.pb.h"
#include "policy/spec.h"
#include "policy/types.h"

namespace sidecar_shim {

struct PodUpdate {
  policy::PodSpec spec;
  // Containers (ids of the runtime) that kubelet holds for ready. Empty where
  // the source has no status.
  std::vector<policy::ContainerId> ready;
  bool terminating = false;  // somebody has deleted the pod
  std::string host_ip;       // the node's address as kubelet knows it; "" = not told
};

// kNotFound: a pod without containers, which no pod is, tells nothing.
absl::StatusOr<PodUpdate> FromCorePod(const k8s::io::api::core::v1::Pod& pod, const std::string& source);

}  // namespace sidecar_shim

#endif  // SIDECAR_SHIM_SHIM_KUBE_POD_UPDATE_H_
