#include "shim/base/read_file.h"

#include <fcntl.h>
#include <unistd.h>

#include <algorithm>
#include <cerrno>
#include <cstring>

#include "absl/cleanup/cleanup.h"
#include "absl/strings/str_cat.h"

namespace sidecar_shim {
namespace {

absl::Status Failed(const std::string& name, int error) {
  const std::string text = absl::StrCat("cannot read ", name, ": ", std::strerror(error));
  if (error == ENOENT) return absl::NotFoundError(text);
  if (error == EISDIR) return absl::InvalidArgumentError(text);
  return absl::UnavailableError(text);
}

}  // namespace

absl::StatusOr<std::string> ReadFile(const std::string& path, size_t max_bytes) {
  const int fd = open(path.c_str(), O_RDONLY | O_CLOEXEC);
  if (fd < 0) return Failed(path, errno);
  absl::Cleanup close_fd = [fd] { close(fd); };
  return ReadAll(fd, path, max_bytes);
}

absl::StatusOr<std::string> ReadAll(int fd, const std::string& name, size_t max_bytes) {
  constexpr size_t kChunk = 64 * 1024;
  std::string text;
  while (true) {
    const size_t size = text.size();
    // One byte more than allowed shows that there is too much.
    text.resize(std::min(size + kChunk, max_bytes + 1));
    const ssize_t count = read(fd, text.data() + size, text.size() - size);
    if (count < 0 && errno != EINTR) return Failed(name, errno);
    text.resize(size + std::max<ssize_t>(count, 0));
    if (count == 0) return text;
    if (text.size() > max_bytes) {
      return absl::InvalidArgumentError(
          absl::StrCat("cannot read ", name, ": it has more than ", max_bytes, " bytes"));
    }
  }
}

}  // namespace sidecar_shim
