// Addresses of unix sockets, and whether a process listens.
#ifndef SIDECAR_SHIM_SHIM_BASE_UNIX_SOCKET_H_
#define SIDECAR_SHIM_SHIM_BASE_UNIX_SOCKET_H_

#include <sys/un.h>

#include <string>

#include "absl/status/statusor.h"

namespace sidecar_shim {

// The path of "unix:///path" (or of a plain absolute path).
absl::StatusOr<std::string> UnixPath(const std::string& endpoint);

// kInvalidArgument where the path is too long for a socket.
absl::StatusOr<sockaddr_un> UnixAddress(const std::string& path);

// Whether a process accepts connections there. Does not block.
bool IsListening(const std::string& path);

}  // namespace sidecar_shim

#endif  // SIDECAR_SHIM_SHIM_BASE_UNIX_SOCKET_H_
