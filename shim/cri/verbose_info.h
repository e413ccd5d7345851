// Reads the JSON that containerd adds to a ContainerStatusResponse under
// info["info"] when the request was verbose: the container's config and its OCI
// spec. It is not an API: fields that are missing or of another type read as
// "not known". Stateless and thread-safe.
#ifndef SIDECAR_SHIM_SHIM_CRI_VERBOSE_INFO_H_
#define SIDECAR_SHIM_SHIM_CRI_VERBOSE_INFO_H_

#include "cri.pb.h"
#include "policy/traits.h"

namespace sidecar_shim {

// The traits that the container's environment sets, for a container whose
// CreateContainer did not pass through this shim.
policy::Traits TraitsFromVerboseInfo(const runtime::v1::ContainerStatusResponse& response);

// The id of the container's first process in the runtime's pid namespace; 0 = not
// known.
int PidFromVerboseInfo(const runtime::v1::ContainerStatusResponse& response);

}  // namespace sidecar_shim

#endif  // SIDECAR_SHIM_SHIM_CRI_VERBOSE_INFO_H_
