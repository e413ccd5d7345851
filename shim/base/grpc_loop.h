// The loop of a running process: real time, and a gRPC completion queue that the
// thread in Run() waits on.
//
// A completion queue that has been shut down takes no operation (gRPC aborts the
// process), and the end of one operation often begins the next. So the loop
// counts the operations under way and shuts the queue down only after the last.
#ifndef SIDECAR_SHIM_SHIM_BASE_GRPC_LOOP_H_
#define SIDECAR_SHIM_SHIM_BASE_GRPC_LOOP_H_

#include <grpcpp/grpcpp.h>

#include <atomic>
#include <functional>
#include <memory>
#include <mutex>
#include <vector>

#include "shim/base/loop.h"
#include "shim/base/timer_queue.h"

namespace sidecar_shim {

class GrpcLoop : public Loop {
 public:
  // A server's own queue where server and client operations are to share one
  // thread.
  explicit GrpcLoop(std::unique_ptr<grpc::CompletionQueue> queue) : queue_(std::move(queue)) {}
  // The queue must have been drained by Run().
  ~GrpcLoop() override = default;

  Time Now() const override { return MonotonicNow(); }
  WallTime WallNow() const override { return WallClockNow(); }
  void Post(std::function<void()> work) override;
  grpc::CompletionQueue* queue() override { return queue_.get(); }
  void* Tag(std::function<void(bool ok)> done) override;
  void Discard(void* tag) override;

  // Runs until Shutdown() has been called and every operation has ended,
  // including those that others begin as they end.
  void Run();

  // Cancels all timers for good. The owners of operations end them. Loop thread
  // only.
  void Shutdown();

 protected:
  TimerQueue& timers() override { return timers_; }

  // Completes the next operation that ends; returns at `deadline` where none
  // does. False: the queue is shut down and drained.
  bool CompleteNext(gpr_timespec deadline);
  // Runs what has been posted.
  void RunPosted();

 private:
  // Shuts the queue down once nothing is under way.
  void CloseIfIdle();

  const std::unique_ptr<grpc::CompletionQueue> queue_;
  TimerQueue timers_;
  std::atomic<size_t> operations_ = 0;  // tags that the queue has not returned
  bool shutting_down_ = false;
  std::mutex mutex_;                           // between Post() and the queue's shutdown
  bool closed_ = false;                        // guarded by mutex_
  std::vector<std::function<void()>> posted_;  // guarded by mutex_
};

}  // namespace sidecar_shim

#endif  // SIDECAR_SHIM_SHIM_BASE_GRPC_LOOP_H_
