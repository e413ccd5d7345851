// What containerd adds to a verbose ContainerStatus: JSON under info["info"]
// with the container's config (not an API: absence means "nothing known").
#ifndef SIDECAR_SHIM_SHIM_CRI_VERBOSE_INFO_H_
#define SIDECAR_SHIM_SHIM_CRI_VERBOSE_INFO_H_

#include "cri.pb.h"
#include "policy/traits.h"

namespace sidecar_shim {

// The traits of a container whose create the shim never saw.
policy::Traits TraitsFromVerboseInfo(const runtime::v1::ContainerStatusResponse& response);

// The process of a running container in the runtime's pid namespace; 0 = not told.
int PidFromVerboseInfo(const runtime::v1::ContainerStatusResponse& response);

}  // namespace sidecar_shim

#endif  // SIDECAR_SHIM_SHIM_CRI_VERBOSE_INFO_H_
