#include "shim/app/config.h"

#include <filesystem>
#include <system_error>

#include "absl/strings/match.h"
#include "absl/strings/str_cat.h"
#include "shim/app/options.h"
#include "shim/base/unix_socket.h"

namespace sidecar_shim {
namespace {

// One socket may be spelled in many ways: /run/a.sock, /run//x/../a.sock and, where /var/run is a link,
// /var/run/a.sock.
std::filesystem::path CanonicalPath(const std::string& path) {
  std::error_code error;
  std::filesystem::path canonical = std::filesystem::weakly_canonical(path, error);
  if (error) canonical = std::filesystem::path(path).lexically_normal();
  // A slash at the end leaves an empty last part.
  return canonical.has_filename() ? canonical : canonical.parent_path();
}

absl::Status CheckSocketsDiffer(const char* key, const std::string& endpoint, const std::string& listen) {
  const absl::StatusOr<std::string> path = UnixPath(endpoint);
  if (!path.ok() || CanonicalPath(*path) != CanonicalPath(listen)) return path.status();
  return absl::InvalidArgumentError(
      absl::StrCat(key, " and listen are the same socket; the shim would call itself"));
}

absl::Status CheckKubeletCredentials(const DaemonConfig& config) {
  const bool credentials = !config.kubelet_token_file.empty() || !config.kubelet_cert_file.empty();
  if (credentials && !absl::StartsWith(config.kubelet_pods_url, "https://")) {
    return absl::InvalidArgumentError(
        "kubelet-token-file and kubelet-cert-file need a kubelet-pods-url with https, for example "
        "https://127.0.0.1:10250/pods");
  }
  if (config.kubelet_cert_file.empty() != config.kubelet_key_file.empty()) {
    return absl::InvalidArgumentError("kubelet-cert-file and kubelet-key-file belong together");
  }
  return absl::OkStatus();
}

// What depends on several options.
absl::Status CheckTogether(const DaemonConfig& config) {
  absl::Status status = CheckSocketsDiffer("runtime", config.runtime, config.listen);
  if (status.ok()) status = CheckSocketsDiffer("image-service", config.image_service, config.listen);
  if (status.ok()) status = CheckKubeletCredentials(config);
  return status;
}

}  // namespace

absl::StatusOr<DaemonConfig> MakeDaemonConfig(const config::Config& file, const config::Config& flags) {
  config::Config merged;
  for (const Option& option : AllOptions()) SetValue(merged, option, option.default_value);
  merged.MergeFrom(file);
  merged.MergeFrom(flags);
  DaemonConfig config;
  for (const Option& option : AllOptions()) {
    const absl::Status status = option.apply(GetValue(merged, option), config);
    if (!status.ok()) {
      return absl::InvalidArgumentError(absl::StrCat(option.name, ": ", std::string(status.message())));
    }
  }
  if (config.image_service.empty()) config.image_service = config.runtime;
  absl::Status status = CheckTogether(config);
  if (!status.ok()) return status;
  return config;
}

}  // namespace sidecar_shim
