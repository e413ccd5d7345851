// Runs a program and takes what it prints. Blocks: for worker threads.
#ifndef SIDECAR_SHIM_SHIM_BASE_CHILD_PROCESS_H_
#define SIDECAR_SHIM_SHIM_BASE_CHILD_PROCESS_H_

#include <atomic>
#include <string>
#include <utility>
#include <vector>

#include "absl/status/statusor.h"
#include "shim/base/loop.h"

namespace sidecar_shim {

struct ChildCommand {
  std::vector<std::string> argv;                         // argv[0]: a path, or a name in PATH
  std::vector<std::pair<std::string, std::string>> env;  // on top of ours
  Duration timeout = std::chrono::seconds(10);
};

// What it wrote to stdout. An error where it could not be started, did not end
// in time, wrote more than 1 MiB or ended with another code than 0; its message
// has the end of stderr. It is killed, with its children, as soon as `stop`
// becomes true.
absl::StatusOr<std::string> RunChild(const ChildCommand& command, const std::atomic<bool>& stop);

}  // namespace sidecar_shim

#endif  // SIDECAR_SHIM_SHIM_BASE_CHILD_PROCESS_H_
