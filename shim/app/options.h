// The options of `sidecar-shim serve`, each declared once: command-line flags, the keys of the configuration
// file, defaults, help and --check-config all come from this table. To add an option, add a line to
// options.cc, a member to DaemonConfig (shim/app/config.h) and a field to proto/config.proto.
#ifndef SIDECAR_SHIM_SHIM_APP_OPTIONS_H_
#define SIDECAR_SHIM_SHIM_APP_OPTIONS_H_

#include <string>

#include "absl/status/status.h"
#include "absl/strings/string_view.h"
#include "absl/types/span.h"
#include "config.pb.h"
#include "shim/app/config.h"

namespace sidecar_shim {

// kBool is a bool of the configuration file and a proto bool; every other kind is a text in both.
enum class OptionKind { kBool, kText, kDuration, kPath, kSocket, kUrl };

struct Option {
  const char* name;  // of the flag (without "--") and the key
  OptionKind kind;
  const char* default_value;  // as the operator would write it
  const char* help;
  // Checks `value` and puts it into `out`. kInvalidArgument as in shim/app/option_value.h. The value of a
  // kBool is "true" or "false".
  absl::Status (*apply)(const std::string& value, DaemonConfig& out);
};

// In the order in which --help lists them.
absl::Span<const Option> AllOptions();

// Null where no option has that name.
const Option* FindOption(absl::string_view name);

// What --help writes for a value of that kind, e.g. "DURATION".
const char* Placeholder(OptionKind kind);

// An option's value in the schema's message, which is the form in which file and flags are merged.
std::string GetValue(const config::Config& config, const Option& option);
void SetValue(config::Config& config, const Option& option, const std::string& value);

}  // namespace sidecar_shim

#endif  // SIDECAR_SHIM_SHIM_APP_OPTIONS_H_
