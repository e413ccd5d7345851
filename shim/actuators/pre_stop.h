// A container's preStop hook as kubelet leaves it in the annotation
// io.kubernetes.container.preStopHandler (JSON of a LifecycleHandler).
#ifndef SIDECAR_SHIM_SHIM_ACTUATORS_PRE_STOP_H_
#define SIDECAR_SHIM_SHIM_ACTUATORS_PRE_STOP_H_

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
  std::string path;
  std::vector<std::pair<std::string, std::string>> headers;
};

struct SleepHook {
  int64_t seconds = 0;
};

using PreStopHook = std::variant<NoHook, ExecHook, HttpHook, SleepHook>;

// handler: the annotation's value, "" = none. ports: the value of
// io.kubernetes.container.ports, for hooks that name their port. An unusable
// handler is kInvalidArgument; tcpSocket, which kubelet never runs either, is
// NoHook.
absl::StatusOr<PreStopHook> ParsePreStop(const std::string& handler, const std::string& ports);

}  // namespace sidecar_shim

#endif  // SIDECAR_SHIM_SHIM_ACTUATORS_PRE_STOP_H_
