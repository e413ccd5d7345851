// One background thread for what may block: files and HTTP. Jobs run in order;
// results go back to the loop through Loop::Post, which the job calls itself.
#ifndef SIDECAR_SHIM_SHIM_BASE_WORKER_H_
#define SIDECAR_SHIM_SHIM_BASE_WORKER_H_

#include <condition_variable>
#include <deque>
#include <functional>
#include <mutex>
#include <thread>

namespace sidecar_shim {

class Worker {
 public:
  Worker();
  ~Worker() { Stop(); }
  Worker(const Worker&) = delete;
  Worker& operator=(const Worker&) = delete;

  // Any thread. Nothing happens once the worker has been stopped.
  void Run(std::function<void()> job);

  // Finishes the job under way; drops those that wait.
  void Stop();

 private:
  void Loop();

  std::mutex mutex_;
  std::condition_variable wake_;
  std::deque<std::function<void()>> jobs_;  // guarded by mutex_
  bool stopping_ = false;                   // guarded by mutex_
  std::thread thread_;
};

}  // namespace sidecar_shim

#endif  // SIDECAR_SHIM_SHIM_BASE_WORKER_H_
