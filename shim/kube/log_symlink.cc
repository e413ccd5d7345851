#include "shim/kube/log_symlink.h"

#include <string>
#include <system_error>

#include "absl/strings/match.h"
#include "absl/strings/str_cat.h"

namespace sidecar_shim {
namespace {

constexpr char kContainerLogs[] = "/var/log/containers";

std::string PodPrefix(absl::string_view pod, absl::string_view name_space) {
  return absl::StrCat(pod, "_", name_space, "_");
}

}  // namespace

std::filesystem::path LogSymlink(absl::string_view pod, absl::string_view name_space,
                                 absl::string_view container, absl::string_view container_id) {
  return std::filesystem::path(kContainerLogs) /
         absl::StrCat(PodPrefix(pod, name_space), container, "-", container_id, ".log");
}

void RemoveLogSymlinks(absl::string_view pod, absl::string_view name_space) {
  const std::string prefix = PodPrefix(pod, name_space);
  std::error_code error;
  // increment(error), as ++ throws where reading the directory fails.
  for (std::filesystem::directory_iterator entry(kContainerLogs, error);
       entry != std::filesystem::directory_iterator(); entry.increment(error)) {
    const bool ours = absl::StartsWith(entry->path().filename().string(), prefix);
    std::error_code ignored;
    if (ours && entry->is_symlink(ignored)) std::filesystem::remove(entry->path(), ignored);
  }
}

}  // namespace sidecar_shim
