// A real process without a handler for SIGTERM, until it is given one.
#ifndef SIDECAR_SHIM_TESTS_SUPPORT_DEAF_PROCESS_H_
#define SIDECAR_SHIM_TESTS_SUPPORT_DEAF_PROCESS_H_

#include <sys/types.h>

namespace sidecar_shim::testing {

// Killed with this object. Aborts where it cannot be started.
class DeafProcess {
 public:
  DeafProcess();
  ~DeafProcess();
  DeafProcess(const DeafProcess&) = delete;
  DeafProcess& operator=(const DeafProcess&) = delete;

  pid_t pid() const { return pid_; }
  // Tells it to install a handler; it does so a moment later.
  void Listen();

 private:
  pid_t pid_ = -1;
  int stdin_ = -1;
};

}  // namespace sidecar_shim::testing

#endif  // SIDECAR_SHIM_TESTS_SUPPORT_DEAF_PROCESS_H_
