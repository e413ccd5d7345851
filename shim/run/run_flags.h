// The flags of `sidecar-shim run`.
#ifndef SIDECAR_SHIM_SHIM_RUN_RUN_FLAGS_H_
#define SIDECAR_SHIM_SHIM_RUN_RUN_FLAGS_H_

#include <string>

namespace sidecar_shim::run {

// As given; empty strings for flags without a value.
struct RunFlags {
  std::string file;  // "-" for standard input
  std::string runtime_endpoint = "unix:///run/sidecar-shim/cri.sock";
  std::string image_endpoint;
  std::string log_root = "/var/log/pods";
  std::string root_dir;
  std::string kubelet_root_dir = "/var/lib/kubelet";
  std::string pods_api_socket;
  bool no_pods_api = false;
  bool keep = false;
  std::string timeout;
  std::string svg;
  std::string json;
};

}  // namespace sidecar_shim::run

#endif  // SIDECAR_SHIM_SHIM_RUN_RUN_FLAGS_H_
