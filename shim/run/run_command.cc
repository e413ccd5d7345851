#include "shim/run/run_command.h"

#include <iostream>
#include <memory>

#include "absl/status/statusor.h"
#include "shim/run/pod_runner.h"
#include "shim/run/run_flags.h"

namespace sidecar_shim::run {
namespace {

void AddFlags(CLI::App& run, RunFlags& flags) {
  run.add_option("-f,--file", flags.file, "Pod or Job manifest, YAML or JSON; - for standard input")
      ->required();
  run.add_option("--runtime-endpoint", flags.runtime_endpoint, "CRI socket")->capture_default_str();
  run.add_option("--image-endpoint", flags.image_endpoint,
                 "CRI socket for images (default: the runtime endpoint)");
  run.add_option("--log-root", flags.log_root, "Where pods' log directories are made")->capture_default_str();
  run.add_option("--root-dir", flags.root_dir,
                 "Where emptyDir volumes are made (default: a temporary directory)");
  run.add_option("--kubelet-root-dir", flags.kubelet_root_dir, "Where the shim looks for kubelet's sockets")
      ->capture_default_str();
  run.add_option(
      "--pods-api-socket", flags.pods_api_socket,
      "Where the pod is offered to the shim (default: pods-api/pods-api.sock below --kubelet-root-dir)");
  run.add_flag("--no-pods-api", flags.no_pods_api, "Do not offer the pod to the shim");
  run.add_flag("--keep", flags.keep, "Leave the stopped containers, the sandbox and the volumes");
  run.add_option("--timeout", flags.timeout, "End the pod after this time, such as 90s (default: never)");
  run.add_option("--svg", flags.svg, "Write the timeline as a picture");
  run.add_option("--json", flags.json, "Write the timeline as JSON");
}

}  // namespace

void AddRunCommand(CLI::App& app, int& exit_code) {
  CLI::App* run = app.add_subcommand(
      "run",
      "Run one pod against a CRI socket as kubelet would, and show when its containers started and ended");
  auto flags = std::make_shared<RunFlags>();
  AddFlags(*run, *flags);
  run->footer(
      "Exit status: 0 the pod Succeeded, 1 it Failed, 2 usage or runtime error, 3 timed out, 130 "
      "interrupted.");
  run->callback([flags, &exit_code] {
    absl::StatusOr<int> result = RunPod(*flags);
    if (!result.ok()) std::cerr << "sidecar-shim run: " << result.status().message() << "\n";
    exit_code = result.ok() ? *result : kExitError;
  });
}

}  // namespace sidecar_shim::run
