// `sidecar-shim serve`: the daemon from the command line.
#ifndef SIDECAR_SHIM_SHIM_APP_SERVE_COMMAND_H_
#define SIDECAR_SHIM_SHIM_APP_SERVE_COMMAND_H_

#include <CLI/CLI.hpp>

namespace sidecar_shim {

// Adds the subcommand, with a flag for each option of shim/app/options.h. When the command line selects it,
// it serves until SIGTERM or SIGINT (SIGUSR1 writes the counters to the log) and sets exit_code: 0 = ended by
// such a signal, or the configuration is valid (--check-config); 1 = could not start; 2 = bad configuration.
void AddServeCommand(CLI::App& app, int& exit_code);

}  // namespace sidecar_shim

#endif  // SIDECAR_SHIM_SHIM_APP_SERVE_COMMAND_H_
