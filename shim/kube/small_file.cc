#include "shim/kube/small_file.h"

#include <cerrno>
#include <cstring>
#include <fstream>

#include "absl/strings/str_cat.h"

namespace sidecar_shim {
namespace {

constexpr size_t kLargest = 4 << 20;

}  // namespace

absl::StatusOr<std::string> ReadSmallFile(const std::string& path) {
  errno = 0;
  std::ifstream stream(path, std::ios::binary);
  std::string text;
  char piece[16 * 1024];
  while (stream && text.size() <= kLargest) {
    stream.read(piece, sizeof(piece));
    text.append(piece, static_cast<size_t>(stream.gcount()));
  }
  // A directory opens well and fails to read.
  if (!stream.eof() && text.size() <= kLargest) {
    return absl::UnavailableError(
        absl::StrCat("cannot read ", path, errno == 0 ? "" : ": ", errno == 0 ? "" : std::strerror(errno)));
  }
  if (text.size() > kLargest) return absl::InvalidArgumentError(absl::StrCat(path, " is larger than 4 MiB"));
  return text;
}

}  // namespace sidecar_shim
