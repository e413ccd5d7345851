// The log: lines on standard error, as text or one JSON object each.
#ifndef SIDECAR_SHIM_SHIM_BASE_LOG_H_
#define SIDECAR_SHIM_SHIM_BASE_LOG_H_

#include <string>

namespace sidecar_shim {

// debug, info, warn, error.
bool IsLogLevel(const std::string& level);

// Sets up the process-wide logger; gRPC's own messages are silenced. Both
// arguments must be valid.
void SetUpLog(const std::string& level, const std::string& format);

}  // namespace sidecar_shim

#endif  // SIDECAR_SHIM_SHIM_BASE_LOG_H_
