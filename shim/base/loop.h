// The event loop: one thread for relay, gate, timers and reconciliation, so that
// code in shim/ needs no locks. An interface: GrpcLoop runs in real time; tests
// have one whose time they advance themselves.
//
// The loop must never block: slow work goes to a worker thread (offload.h).
#ifndef SIDECAR_SHIM_SHIM_BASE_LOOP_H_
#define SIDECAR_SHIM_SHIM_BASE_LOOP_H_

#include <grpcpp/grpcpp.h>

#include <functional>

#include "shim/base/clock.h"
#include "shim/base/timer_queue.h"

namespace sidecar_shim {

// Loop thread only, unless said otherwise.
class Loop {
 public:
  Loop() = default;
  virtual ~Loop() = default;
  Loop(const Loop&) = delete;
  Loop& operator=(const Loop&) = delete;

  // The two clocks. Any thread.
  virtual Time Now() const = 0;
  virtual WallTime WallNow() const = 0;

  // Runs `work` on the loop soon, in the order of the posts; not at all where
  // the loop has ended. Any thread.
  virtual void Post(std::function<void()> work) = 0;

  // For gRPC's asynchronous operations: the completion queue, and a tag for one
  // operation, whose `done(ok)` runs once when the operation has ended. Also
  // before the loop runs.
  virtual grpc::CompletionQueue* queue() = 0;
  virtual void* Tag(std::function<void(bool ok)> done) = 0;
  // For a tag whose operation never started.
  virtual void Discard(void* tag) = 0;

  // Runs work once at a time of this loop's Now(): see TimerQueue::Timer.
  class Timer : public TimerQueue::Timer {
   public:
    explicit Timer(Loop& loop) : TimerQueue::Timer(loop.timers()) {}
  };

 protected:
  virtual TimerQueue& timers() = 0;
};

}  // namespace sidecar_shim

#endif  // SIDECAR_SHIM_SHIM_BASE_LOOP_H_
