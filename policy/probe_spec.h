// A startup or readiness probe as a pod's spec gives it, with the API's
// defaults filled in and a named port resolved.
#ifndef SIDECAR_SHIM_POLICY_PROBE_SPEC_H_
#define SIDECAR_SHIM_POLICY_PROBE_SPEC_H_

#include <string>
#include <utility>
#include <vector>

#include "policy/types.h"

namespace sidecar_shim::policy {

struct ProbeSpec {
  enum class Kind { kExec, kHttpGet, kTcpSocket, kGrpc };
  Kind kind = Kind::kExec;

  std::vector<std::string> command;  // kExec
  int port = 0;                      // all others; 0 = a name that no port of the container has
  std::string host;                  // kHttpGet, kTcpSocket; empty = the pod's address
  std::string path;                  // kHttpGet
  bool https = false;                // kHttpGet
  std::vector<std::pair<std::string, std::string>> headers;  // kHttpGet
  std::string service;                                       // kGrpc

  Duration initial_delay{0};
  Duration timeout = std::chrono::seconds(1);
  Duration period = std::chrono::seconds(10);
  int success_threshold = 1;
  int failure_threshold = 3;

  bool operator==(const ProbeSpec&) const = default;
};

}  // namespace sidecar_shim::policy

#endif  // SIDECAR_SHIM_POLICY_PROBE_SPEC_H_
