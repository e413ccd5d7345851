// Reads one field of a message without the rest of it. Stateless and thread-safe.
#ifndef SIDECAR_SHIM_SHIM_CRI_STATUS_SCAN_H_
#define SIDECAR_SHIM_SHIM_CRI_STATUS_SCAN_H_

#include <string_view>

namespace sidecar_shim {

// False only where the bytes are a ContainerStatusResponse whose status is not CONTAINER_EXITED.
bool MayHaveExited(std::string_view bytes);

}  // namespace sidecar_shim

#endif  // SIDECAR_SHIM_SHIM_CRI_STATUS_SCAN_H_
