// preStop and postStart hooks, from the JSON of a LifecycleHandler: a pod's manifest holds it, and kubelet
// leaves that of the preStop hook in the annotation io.kubernetes.container.preStopHandler.
#ifndef SIDECAR_SHIM_SHIM_KUBE_LIFECYCLE_HOOK_H_
#define SIDECAR_SHIM_SHIM_KUBE_LIFECYCLE_HOOK_H_

#include <cstdint>
#include <string>
#include <utility>
#include <variant>
#include <vector>

#include "absl/status/statusor.h"

namespace sidecar_shim {

struct NoHook {};

struct ExecHook {
  std::vector<std::string> command;
};

struct HttpHook {
  std::string scheme;  // "http" or "https"
  std::string host;    // empty: the pod's IP
  int port = 0;
  std::string path;  // begins with "/"
  std::vector<std::pair<std::string, std::string>> headers;
};

struct SleepHook {
  int64_t seconds = 0;
};

// A kind that no kubelet runs: tcpSocket, or an unknown one.
struct UnsupportedHook {
  std::string kind;
};

using LifecycleHook = std::variant<NoHook, ExecHook, HttpHook, SleepHook, UnsupportedHook>;

// `handler`: JSON of a LifecycleHandler; "" and "{}" are NoHook. `ports`: JSON of the container's list of
// ports, for a hook that names its port. kInvalidArgument where the handler cannot be run as written.
absl::StatusOr<LifecycleHook> ParseLifecycleHook(const std::string& handler, const std::string& ports);

}  // namespace sidecar_shim

#endif  // SIDECAR_SHIM_SHIM_KUBE_LIFECYCLE_HOOK_H_
