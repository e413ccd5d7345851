// Whether a container's process would receive SIGTERM. The kernel drops a signal
// to process 1 of a PID namespace that has no handler for it, so a SIGTERM sent
// before the program has installed its handler is lost, and the container runs
// until the grace period is over.
#ifndef SIDECAR_SHIM_SHIM_ACTUATORS_SIGTERM_H_
#define SIDECAR_SHIM_SHIM_ACTUATORS_SIGTERM_H_

#include <string>

namespace sidecar_shim {

// By the text of /proc/<pid>/status (proc_pid_status(5)): SIGTERM has a handler,
// or is blocked as in programs that wait for it with sigwait, and the process is
// no longer the runtime's own before its exec. True where the text does not say.
bool HandlesSigterm(const std::string& proc_status);

// The same of a process in this PID namespace; true where it cannot be read.
bool ProcessHandlesSigterm(int pid);

}  // namespace sidecar_shim

#endif  // SIDECAR_SHIM_SHIM_ACTUATORS_SIGTERM_H_
