// The one thread that does everything: relay, gate, timers, reconciliation.
//
// It turns a gRPC completion queue. Every operation gets a tag made from a
// function that runs once, on this thread, when the operation is done; so code
// in shim/ needs no locks. The loop must never block: slow work goes to a
// worker thread that comes back through Post().
#ifndef SIDECAR_SHIM_SHIM_LOOP_H_
#define SIDECAR_SHIM_SHIM_LOOP_H_

#include <grpcpp/alarm.h>
#include <grpcpp/grpcpp.h>

#include <functional>
#include <memory>
#include <set>

#include "policy/types.h"

namespace sidecar_shim {

using policy::Duration;
using policy::Time;

class Loop {
 public:
  // The queue comes from the server's builder, so that server and client
  // operations share it.
  explicit Loop(std::unique_ptr<grpc::ServerCompletionQueue> queue) : queue_(std::move(queue)) {}
  Loop(const Loop&) = delete;
  Loop& operator=(const Loop&) = delete;

  grpc::ServerCompletionQueue* queue() { return queue_.get(); }

  // Runs until Shutdown() has been called and every operation has come back.
  void Run();

  // Cancels all timers. No operation may be started after this (gRPC aborts).
  void Shutdown();

  // A tag for one operation; `done(ok)` runs when the queue returns it.
  static void* Tag(std::function<void(bool ok)> done);
  // For a tag whose operation never started.
  static void Discard(void* tag);

  // Runs `work` on the loop thread soon. Any thread may call it, until Shutdown().
  void Post(std::function<void()> work);

  // Monotonic.
  static Time Now();

  // Runs `work` once at `at`, unless the timer is cancelled or destroyed
  // before. Restarting replaces what was set. Loop thread only.
  class Timer {
   public:
    explicit Timer(Loop& loop) : loop_(loop) {}
    ~Timer() { Cancel(); }
    Timer(const Timer&) = delete;
    Timer& operator=(const Timer&) = delete;
    void Start(Time at, std::function<void()> work);
    void Cancel();
    bool pending() const { return armed_ != nullptr; }

   private:
    friend class Loop;
    struct Armed;
    Loop& loop_;
    std::shared_ptr<Armed> armed_;
  };

 private:
  std::unique_ptr<grpc::ServerCompletionQueue> queue_;
  // A timer that is still set would keep the queue from ever running dry.
  std::set<std::shared_ptr<Timer::Armed>> armed_;
};

}  // namespace sidecar_shim

#endif  // SIDECAR_SHIM_SHIM_LOOP_H_
