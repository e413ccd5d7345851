// One background thread for work that may block, such as reading files. Jobs run
// in the order of Run(). A job with a result for the loop: offload.h.
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

  // Any thread. The job is dropped where the worker has been stopped.
  void Run(std::function<void()> job);

  // Waits for the running job and drops the queued ones.
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
