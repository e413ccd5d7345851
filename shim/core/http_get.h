// One HTTP GET, as kubelet's httpGet hooks do it. Blocks: for the worker only.
#ifndef SIDECAR_SHIM_SHIM_CORE_HTTP_GET_H_
#define SIDECAR_SHIM_SHIM_CORE_HTTP_GET_H_

#include <string>
#include <utility>
#include <vector>

#include "absl/status/status.h"
#include "policy/types.h"

namespace sidecar_shim {

// OK for status 200..399. The server's certificate is not checked (kubelet
// does not either: hooks talk to the pod's own address).
absl::Status HttpGet(const std::string& url, const std::vector<std::pair<std::string, std::string>>& headers,
                     policy::Duration timeout);

}  // namespace sidecar_shim

#endif  // SIDECAR_SHIM_SHIM_CORE_HTTP_GET_H_
