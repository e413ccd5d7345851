// What a spec source publishes of one pod, read from its core/v1 Pod.
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
  // The containers whose status says ready. Empty where the source has no status.
  std::vector<policy::ContainerId> ready;
  bool terminating = false;  // the pod has been deleted and is within its grace period
  std::string host_ip;       // status.hostIP, kubelet's address of the node; "" = not known
};

// `source` names the spec source, for log lines. kNotFound for a Pod without containers: a tombstone, or a
// source that holds back the spec.
absl::StatusOr<PodUpdate> FromCorePod(const k8s::io::api::core::v1::Pod& pod, const std::string& source);

}  // namespace sidecar_shim

#endif  // SIDECAR_SHIM_SHIM_KUBE_POD_UPDATE_H_
