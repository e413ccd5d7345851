// Short names for the packages of cri.proto and kube.proto.
#ifndef SIDECAR_SHIM_SHIM_RUN_CRI_H_
#define SIDECAR_SHIM_SHIM_RUN_CRI_H_

#include "cri.pb.h"
#include "kube.pb.h"

namespace sidecar_shim::run {

namespace cri = ::runtime::v1;
namespace core = ::k8s::io::api::core::v1;

}  // namespace sidecar_shim::run

#endif  // SIDECAR_SHIM_SHIM_RUN_CRI_H_
