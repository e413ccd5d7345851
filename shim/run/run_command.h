// The subcommand `sidecar-shim run -f pod.yaml`: kubelet's loop for one pod as a command-line tool.
#ifndef SIDECAR_SHIM_SHIM_RUN_RUN_COMMAND_H_
#define SIDECAR_SHIM_SHIM_RUN_RUN_COMMAND_H_

#include <CLI/CLI.hpp>

namespace sidecar_shim::run {

// Registers `run` with its flags. Where the command line names it, parsing runs the pod and sets `exit_code`:
// 0 Succeeded, 1 Failed, 2 usage or runtime error, 3 timed out, 130 stopped by SIGINT or SIGTERM.
void AddRunCommand(CLI::App& app, int& exit_code);

}  // namespace sidecar_shim::run

#endif  // SIDECAR_SHIM_SHIM_RUN_RUN_COMMAND_H_
