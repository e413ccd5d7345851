// A process that installs a handler for SIGTERM only on demand.
#ifndef SIDECAR_SHIM_TESTS_SUPPORT_DEAF_PROCESS_H_
#define SIDECAR_SHIM_TESTS_SUPPORT_DEAF_PROCESS_H_

#include <sys/types.h>

namespace sidecar_shim::testing {

// The destructor kills the process. The constructor aborts where the process cannot be started.
class DeafProcess {
 public:
  DeafProcess();
  ~DeafProcess();
  DeafProcess(const DeafProcess&) = delete;
  DeafProcess& operator=(const DeafProcess&) = delete;

  pid_t pid() const { return pid_; }
  // Makes the process install a handler; returns before it has.
  void Listen();

 private:
  pid_t pid_ = -1;
  int stdin_ = -1;
};

}  // namespace sidecar_shim::testing

#endif  // SIDECAR_SHIM_TESTS_SUPPORT_DEAF_PROCESS_H_
