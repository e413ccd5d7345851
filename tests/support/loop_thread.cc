#include "tests/support/loop_thread.h"

#include <future>

namespace sidecar_shim::testing {

LoopThread::LoopThread() : thread_([this] { loop_.Run(); }) {}

LoopThread::~LoopThread() {
  loop_.Post([this] { loop_.Shutdown(); });
  thread_.join();
}

void LoopThread::Do(const std::function<void()>& work) {
  std::promise<void> done;
  loop_.Post([&work, &done] {
    work();
    done.set_value();
  });
  done.get_future().wait();
}

}  // namespace sidecar_shim::testing
