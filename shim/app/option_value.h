// Readers for the values of options: from the text that the operator wrote to what the daemon works with.
// On kInvalidArgument `out` is unchanged; the message says what is wrong and what to write, without the
// option's name, which the caller adds.
#ifndef SIDECAR_SHIM_SHIM_APP_OPTION_VALUE_H_
#define SIDECAR_SHIM_SHIM_APP_OPTION_VALUE_H_

#include <string>

#include "absl/status/status.h"
#include "policy/settings.h"
#include "policy/types.h"

namespace sidecar_shim {

// "true" or "false".
absl::Status ReadBool(const std::string& text, bool& out);

// "0", "90s", "1m30s".
absl::Status ReadDuration(const std::string& text, policy::Duration& out);

// An absolute path.
absl::Status ReadPath(const std::string& text, std::string& out);

// As ReadPath; may be empty.
absl::Status ReadOptionalPath(const std::string& text, std::string& out);

// A unix socket, as path or unix:// URL, that fits into a socket address. `out` is the path.
absl::Status ReadSocket(const std::string& text, std::string& out);

// As ReadSocket; `out` is the unix:// URL.
absl::Status ReadEndpoint(const std::string& text, std::string& out);

// As ReadEndpoint; may be empty.
absl::Status ReadOptionalEndpoint(const std::string& text, std::string& out);

// http or https; may be empty.
absl::Status ReadUrl(const std::string& text, std::string& out);

// A Kubernetes node's name; may be empty.
absl::Status ReadNodeName(const std::string& text, std::string& out);

absl::Status ReadLogLevel(const std::string& text, std::string& out);
absl::Status ReadLogFormat(const std::string& text, std::string& out);
absl::Status ReadLaunchGate(const std::string& text, policy::LaunchGate& out);
absl::Status ReadMaskMode(const std::string& text, policy::MaskMode& out);

}  // namespace sidecar_shim

#endif  // SIDECAR_SHIM_SHIM_APP_OPTION_VALUE_H_
