// Runs a program and reads its output. Blocks: for worker threads.
#ifndef SIDECAR_SHIM_SHIM_BASE_CHILD_PROCESS_H_
#define SIDECAR_SHIM_SHIM_BASE_CHILD_PROCESS_H_

#include <atomic>
#include <string>
#include <utility>
#include <vector>

#include "absl/status/statusor.h"
#include "shim/base/clock.h"

namespace sidecar_shim {

struct ChildCommand {
  std::vector<std::string> argv;                         // argv[0]: a path, or a name in PATH
  std::vector<std::pair<std::string, std::string>> env;  // added to the shim's
  Duration timeout = std::chrono::seconds(10);
};

// Returns what the program wrote to stdout. An error where it could not be
// started, did not end in time, wrote more than 1 MiB or ended with a code other
// than 0; the message has the end of stderr. The program is killed, with its
// children, as soon as `stop` becomes true.
absl::StatusOr<std::string> RunChild(const ChildCommand& command, const std::atomic<bool>& stop);

}  // namespace sidecar_shim

#endif  // SIDECAR_SHIM_SHIM_BASE_CHILD_PROCESS_H_
