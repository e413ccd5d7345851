#include "shim/base/unix_socket.h"

#include <sys/socket.h>
#include <sys/stat.h>
#include <unistd.h>

#include <cerrno>
#include <cstring>

#include "absl/strings/str_cat.h"
#include "absl/strings/strip.h"

namespace sidecar_shim {

absl::StatusOr<std::string> UnixPath(const std::string& endpoint) {
  const std::string path(absl::StripPrefix(absl::StripPrefix(endpoint, "unix:"), "//"));
  if (path.empty() || path.front() != '/') {
    return absl::InvalidArgumentError(
        absl::StrCat("\"", endpoint, "\" is not a socket address; write unix:///absolute/path"));
  }
  return path;
}

absl::StatusOr<sockaddr_un> UnixAddress(const std::string& path) {
  sockaddr_un address{};
  address.sun_family = AF_UNIX;
  if (path.size() >= sizeof(address.sun_path)) {
    return absl::InvalidArgumentError(
        absl::StrCat(path, ": a unix socket's path has at most ", sizeof(address.sun_path) - 1, " bytes"));
  }
  std::memcpy(address.sun_path, path.c_str(), path.size() + 1);
  return address;
}

int ConnectUnix(const std::string& endpoint, int& error) {
  const absl::StatusOr<std::string> path = UnixPath(endpoint);
  const absl::StatusOr<sockaddr_un> address = UnixAddress(path.ok() ? *path : endpoint);
  error = EINVAL;
  if (!path.ok() || !address.ok()) return -1;
  const int fd = socket(AF_UNIX, SOCK_STREAM | SOCK_CLOEXEC | SOCK_NONBLOCK, 0);
  if (fd >= 0 && connect(fd, reinterpret_cast<const sockaddr*>(&*address), sizeof(*address)) == 0) return fd;
  error = errno;
  if (fd >= 0) close(fd);
  return -1;
}

bool IsListening(const std::string& path) {
  int error = 0;
  const int fd = ConnectUnix("unix://" + path, error);
  if (fd >= 0) close(fd);
  // EAGAIN: the backlog is full, so a process listens.
  return fd >= 0 || error == EAGAIN;
}

absl::Status RemoveSocket(const std::string& path) {
  struct stat info {};
  if (lstat(path.c_str(), &info) != 0) return absl::OkStatus();
  if (!S_ISSOCK(info.st_mode)) {
    return absl::FailedPreconditionError(absl::StrCat(path, " exists and is not a socket; remove it"));
  }
  unlink(path.c_str());
  return absl::OkStatus();
}

ino_t SocketInode(const std::string& path) {
  struct stat info {};
  return lstat(path.c_str(), &info) == 0 && S_ISSOCK(info.st_mode) ? info.st_ino : 0;
}

}  // namespace sidecar_shim
