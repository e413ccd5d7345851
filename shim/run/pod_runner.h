// One `sidecar-shim run` from its flags to its exit code: manifest, runtime, pod, report.
#ifndef SIDECAR_SHIM_SHIM_RUN_POD_RUNNER_H_
#define SIDECAR_SHIM_SHIM_RUN_POD_RUNNER_H_

#include "absl/status/statusor.h"
#include "shim/run/run_flags.h"

namespace sidecar_shim::run {

constexpr int kExitSucceeded = 0;
constexpr int kExitFailed = 1;
constexpr int kExitError = 2;
constexpr int kExitTimedOut = 3;
constexpr int kExitInterrupted = 130;  // as a shell reports SIGINT

// Runs the pod to its end and returns the exit code; writes events and report to standard output, warnings to
// standard error. An error is about the flags, the manifest or the runtime. The first SIGINT or SIGTERM stops
// the pod, a second one ends the process. Call on the main thread, before there are others.
absl::StatusOr<int> RunPod(const RunFlags& flags);

}  // namespace sidecar_shim::run

#endif  // SIDECAR_SHIM_SHIM_RUN_POD_RUNNER_H_
