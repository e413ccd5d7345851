// Command line: `sidecar-shim serve` is the daemon, `sidecar-shim run` runs a pod manifest as
// kubelet would.
#include <CLI/CLI.hpp>

#include "absl/synchronization/mutex.h"
#include "shim/app/serve_command.h"
#include "shim/run/run_command.h"

int main(int argc, char** argv) {
  // Distributions build Abseil without NDEBUG: then each lock inside gRPC walks a graph of all locks.
  absl::SetMutexDeadlockDetectionMode(absl::OnDeadlockCycle::kIgnore);
  CLI::App app{"Orders container launches and ends job sidecars between kubelet and the container runtime"};
  app.name("sidecar-shim");
  app.set_version_flag("--version", std::string("sidecar-shim ") + SIDECAR_SHIM_VERSION);
  app.require_subcommand(1);
  int exit_code = 0;
  sidecar_shim::AddServeCommand(app, exit_code);
  sidecar_shim::run::AddRunCommand(app, exit_code);
  try {
    app.parse(argc, argv);
  } catch (const CLI::ParseError& error) {
    // 0 for --help, 2 for bad usage as for a bad configuration; CLI11's own codes say which parser error it
    // was.
    return app.exit(error) == 0 ? 0 : 2;
  }
  return exit_code;
}
