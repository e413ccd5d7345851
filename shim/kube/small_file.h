// Files that hold a credential or a configuration: read whole, never large.
#ifndef SIDECAR_SHIM_SHIM_KUBE_SMALL_FILE_H_
#define SIDECAR_SHIM_SHIM_KUBE_SMALL_FILE_H_

#include <string>

#include "absl/status/statusor.h"

namespace sidecar_shim {

// kUnavailable where it cannot be read, kInvalidArgument above 4 MiB. Both name
// the path.
absl::StatusOr<std::string> ReadSmallFile(const std::string& path);

}  // namespace sidecar_shim

#endif  // SIDECAR_SHIM_SHIM_KUBE_SMALL_FILE_H_
