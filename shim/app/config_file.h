// The configuration file: YAML whose keys are the names of the options (shim/app/options.h).
#ifndef SIDECAR_SHIM_SHIM_APP_CONFIG_FILE_H_
#define SIDECAR_SHIM_SHIM_APP_CONFIG_FILE_H_

#include <string>

#include "absl/status/statusor.h"
#include "config.pb.h"

namespace sidecar_shim {

// Only what the file sets; values are not checked beyond their type. kInvalidArgument names the key that is
// unknown, occurs twice, or has a value of the wrong type. A file that cannot be read: errors as ReadFile().
absl::StatusOr<config::Config> ParseConfigFile(const std::string& path);

}  // namespace sidecar_shim

#endif  // SIDECAR_SHIM_SHIM_APP_CONFIG_FILE_H_
