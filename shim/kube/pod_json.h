// core/v1 Pods in the JSON of the API server, kubelet's /pods and manifests.
#ifndef SIDECAR_SHIM_SHIM_KUBE_POD_JSON_H_
#define SIDECAR_SHIM_SHIM_KUBE_POD_JSON_H_

#include <nlohmann/json_fwd.hpp>

#include "absl/status/statusor.h"
#include "kube.pb.h"

namespace sidecar_shim {

// Fields that kube.proto does not know are ignored. kInvalidArgument, naming the field, where a type is
// wrong.
absl::StatusOr<k8s::io::api::core::v1::Pod> PodFromJson(nlohmann::json pod);

}  // namespace sidecar_shim

#endif  // SIDECAR_SHIM_SHIM_KUBE_POD_JSON_H_
