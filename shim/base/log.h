// The process-wide log: lines on standard error, as text or one JSON object each. Any thread may log.
#ifndef SIDECAR_SHIM_SHIM_BASE_LOG_H_
#define SIDECAR_SHIM_SHIM_BASE_LOG_H_

#include <string>

namespace sidecar_shim {

// debug, info, warn, error.
bool IsLogLevel(const std::string& level);

// Sets up spdlog's default logger and silences gRPC's own messages. `level` as IsLogLevel(); `format` is
// "text" or "json", whose lines are {"time","level","message"}, valid JSON whatever the message's bytes:
// what is not UTF-8 becomes U+FFFD.
void SetUpLog(const std::string& level, const std::string& format);

}  // namespace sidecar_shim

#endif  // SIDECAR_SHIM_SHIM_BASE_LOG_H_
