// Whether a container's process would get a SIGTERM. Process 1 of a container
// does not get what it has no handler for, so a signal that comes before a
// program has installed its own is lost, and the grace is waited for in vain.
#ifndef SIDECAR_SHIM_SHIM_ACTUATORS_SIGTERM_H_
#define SIDECAR_SHIM_SHIM_ACTUATORS_SIGTERM_H_

#include <string>

namespace sidecar_shim {

// By /proc/<pid>/status (proc_pid_status(5)): SIGTERM has a handler or is
// blocked, as programs do that wait for it, and the process is no longer the
// runtime's own before its exec. A text without the answer is "yes".
bool HandlesSigterm(const std::string& proc_status);

// The same of a process in this pid namespace; one that cannot be read "hears".
bool HandlesSigterm(int pid);

}  // namespace sidecar_shim

#endif  // SIDECAR_SHIM_SHIM_ACTUATORS_SIGTERM_H_
