// core/v1 Pods as the API server, kubelet and people write them in JSON.
#ifndef SIDECAR_SHIM_SHIM_KUBE_POD_JSON_H_
#define SIDECAR_SHIM_SHIM_KUBE_POD_JSON_H_

#include <nlohmann/json_fwd.hpp>

#include "absl/status/statusor.h"
#include "kube.pb.h"

namespace sidecar_shim {

// Fields that kube.proto does not know are ignored. kInvalidArgument names the
// field whose type is wrong.
absl::StatusOr<k8s::io::api::core::v1::Pod> PodFromJson(nlohmann::json pod);

}  // namespace sidecar_shim

#endif  // SIDECAR_SHIM_SHIM_KUBE_POD_JSON_H_
