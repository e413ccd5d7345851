// A loop in real time on its own thread, for tests of code that blocks a thread
// or that real threads call.
#ifndef SIDECAR_SHIM_TESTS_SUPPORT_LOOP_THREAD_H_
#define SIDECAR_SHIM_TESTS_SUPPORT_LOOP_THREAD_H_

#include <functional>
#include <thread>

#include "shim/base/epoll_loop.h"

namespace sidecar_shim::testing {

class LoopThread {
 public:
  LoopThread();
  // Objects that use the loop must be destroyed before.
  ~LoopThread();
  Loop& loop() { return loop_; }
  // Runs `work` on the loop and waits for its end.
  void Do(const std::function<void()>& work);

 private:
  EpollLoop loop_;
  std::thread thread_;
};

}  // namespace sidecar_shim::testing

#endif  // SIDECAR_SHIM_TESTS_SUPPORT_LOOP_THREAD_H_
