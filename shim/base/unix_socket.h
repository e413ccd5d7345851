// Addresses of unix sockets, and whether a process listens.
#ifndef SIDECAR_SHIM_SHIM_BASE_UNIX_SOCKET_H_
#define SIDECAR_SHIM_SHIM_BASE_UNIX_SOCKET_H_

#include <sys/types.h>
#include <sys/un.h>

#include <string>

#include "absl/status/status.h"
#include "absl/status/statusor.h"

namespace sidecar_shim {

// The path of "unix:///path" (or of a plain absolute path).
absl::StatusOr<std::string> UnixPath(const std::string& endpoint);

// kInvalidArgument where the path is too long for a socket.
absl::StatusOr<sockaddr_un> UnixAddress(const std::string& path);

// Whether a process accepts connections there. Does not block.
bool IsListening(const std::string& path);

// A connection to "unix:///path", which does not block, or -1 with errno's value in
// `error`: EAGAIN where the process there has not accepted what is queued.
int ConnectUnix(const std::string& endpoint, int& error);

// Unlinks the socket at `path`. OK where nothing is there, kFailedPrecondition where something else is.
absl::Status RemoveSocket(const std::string& path);

// The inode of the socket at `path`, by which its maker recognises it later; 0 where there is no socket.
ino_t SocketInode(const std::string& path);

}  // namespace sidecar_shim

#endif  // SIDECAR_SHIM_SHIM_BASE_UNIX_SOCKET_H_
