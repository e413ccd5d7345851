// A process that installs a handler for SIGTERM only on demand.
#ifndef SIDECAR_SHIM_TESTS_SUPPORT_SIGTERM_PROCESS_H_
#define SIDECAR_SHIM_TESTS_SUPPORT_SIGTERM_PROCESS_H_

#include <sys/types.h>

namespace sidecar_shim::testing {

// The destructor kills the process. The constructor aborts where the process cannot be started.
class SigtermProcess {
 public:
  SigtermProcess();
  ~SigtermProcess();
  SigtermProcess(const SigtermProcess&) = delete;
  SigtermProcess& operator=(const SigtermProcess&) = delete;

  pid_t pid() const { return pid_; }
  // Makes the process install a handler; returns before it has.
  void InstallHandler();

 private:
  pid_t pid_ = -1;
  int stdin_ = -1;
};

}  // namespace sidecar_shim::testing

#endif  // SIDECAR_SHIM_TESTS_SUPPORT_SIGTERM_PROCESS_H_
