// What the daemon runs with, checked before anything starts.
#ifndef SIDECAR_SHIM_SHIM_APP_CONFIG_H_
#define SIDECAR_SHIM_SHIM_APP_CONFIG_H_

#include <chrono>
#include <string>
#include <vector>

#include "absl/status/statusor.h"
#include "config.pb.h"
#include "policy/settings.h"
#include "shim/base/clock.h"

namespace sidecar_shim {

struct DaemonConfig {
  std::string listen;         // path of the shim's socket
  std::string runtime;        // unix:// endpoint of the runtime
  std::string image_service;  // unix:// endpoint of the image service
  std::string kubelet_root_dir;
  std::string static_pod_path;  // "": where kubeadm, k3s and rke2 have it
  std::string log_level;
  std::string log_format;  // "text" or "json"
  Duration shutdown_grace{0};
  // When a runtime counts as hung (shim/cri/watchdog.h); not an option, tests shorten it.
  Duration runtime_silence = std::chrono::seconds(10);
  Duration runtime_query_timeout = std::chrono::seconds(5);
  std::vector<std::string> sources;  // names, best first
  std::string kubeconfig;            // "": kubelet's, in the usual places
  std::string node_name;             // "": the credential's, or the host's
  std::string kubelet_pods_url;      // "": the read-only port's
  std::string kubelet_token_file;
  std::string kubelet_cert_file;
  std::string kubelet_key_file;
  std::string kubelet_ca_file;
  policy::Options policy;
};

// `flags` win over `file`, `file` over the defaults of the table (shim/app/options.h). Every value is
// checked, and those that depend on each other; kInvalidArgument names the key and says what to write.
absl::StatusOr<DaemonConfig> MakeDaemonConfig(const config::Config& file, const config::Config& flags);

}  // namespace sidecar_shim

#endif  // SIDECAR_SHIM_SHIM_APP_CONFIG_H_
