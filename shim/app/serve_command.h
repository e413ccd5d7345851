// `sidecar-shim serve`: the daemon from the command line.
#ifndef SIDECAR_SHIM_SHIM_APP_SERVE_COMMAND_H_
#define SIDECAR_SHIM_SHIM_APP_SERVE_COMMAND_H_

#include <CLI/CLI.hpp>

namespace sidecar_shim {

// Adds the subcommand; its exit status goes to exit_code: 0 = ended as asked,
// 1 = could not run, 2 = bad configuration.
void AddServeCommand(CLI::App& app, int& exit_code);

}  // namespace sidecar_shim

#endif  // SIDECAR_SHIM_SHIM_APP_SERVE_COMMAND_H_
