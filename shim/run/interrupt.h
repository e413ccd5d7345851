// SIGINT and SIGTERM for a program that has to clean up before it ends.
#ifndef SIDECAR_SHIM_SHIM_RUN_INTERRUPT_H_
#define SIDECAR_SHIM_SHIM_RUN_INTERRUPT_H_

#include <signal.h>

#include <atomic>
#include <functional>
#include <thread>

namespace sidecar_shim::run {

// While the object exists, the first SIGINT or SIGTERM calls `first` and every later one `again`, on a thread
// of its own. Construct it before any other thread starts: it blocks the signals in the calling thread, and
// threads inherit that.
class Interrupt {
 public:
  Interrupt(std::function<void()> first, std::function<void()> again);
  ~Interrupt();
  Interrupt(const Interrupt&) = delete;
  Interrupt& operator=(const Interrupt&) = delete;

 private:
  void Loop();

  const std::function<void()> first_;
  const std::function<void()> again_;
  sigset_t before_;
  std::atomic<bool> done_{false};
  std::thread thread_;
};

}  // namespace sidecar_shim::run

#endif  // SIDECAR_SHIM_SHIM_RUN_INTERRUPT_H_
