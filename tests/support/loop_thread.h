// A loop on a thread of its own, for parts of the shim that need one.
#ifndef SIDECAR_SHIM_TESTS_SUPPORT_LOOP_THREAD_H_
#define SIDECAR_SHIM_TESTS_SUPPORT_LOOP_THREAD_H_

#include <functional>
#include <memory>
#include <thread>

#include "shim/base/loop.h"

namespace sidecar_shim::testing {

class LoopThread {
 public:
  LoopThread();
  // What lives on the loop must be gone by then.
  ~LoopThread();
  Loop& loop() { return *loop_; }
  // Runs `work` on the loop and waits for its end.
  void Do(const std::function<void()>& work);

 private:
  std::unique_ptr<grpc::Server> server_;
  std::unique_ptr<Loop> loop_;
  std::thread thread_;
};

}  // namespace sidecar_shim::testing

#endif  // SIDECAR_SHIM_TESTS_SUPPORT_LOOP_THREAD_H_
