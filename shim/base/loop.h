// The one thread that does everything: relay, gate, timers, reconciliation.
//
// It turns a gRPC completion queue. Every operation gets a tag made from a
// function that runs once, on this thread, when the operation is done; so code
// in shim/ needs no locks. The loop must never block: slow work goes to a
// worker thread that comes back through Post().
//
// A queue that has been shut takes no operation (gRPC aborts the process), and
// one operation's end often begins the next. So the loop counts what is out,
// and shuts the queue only when nothing is.
#ifndef SIDECAR_SHIM_SHIM_BASE_LOOP_H_
#define SIDECAR_SHIM_SHIM_BASE_LOOP_H_

#include <grpcpp/alarm.h>
#include <grpcpp/grpcpp.h>

#include <atomic>
#include <deque>
#include <functional>
#include <memory>
#include <mutex>
#include <set>

#include "shim/base/clock.h"

namespace sidecar_shim {

class Loop {
 public:
  // The queue comes from the server's builder, so that server and client
  // operations share it.
  explicit Loop(std::unique_ptr<grpc::ServerCompletionQueue> queue) : queue_(std::move(queue)) {}
  Loop(const Loop&) = delete;
  Loop& operator=(const Loop&) = delete;

  grpc::ServerCompletionQueue* queue() { return queue_.get(); }

  // Runs until Shutdown() has been called and every operation has come back,
  // those included that others begin on their return.
  void Run();

  // Cancels all timers, for good. The operations that are out are their
  // owners' to end. Loop thread only.
  void Shutdown();

  // A tag for one operation; `done(ok)` runs when the queue returns it. Loop
  // thread only, or before Run().
  void* Tag(std::function<void(bool ok)> done);
  // For a tag whose operation never started.
  void Discard(void* tag);

  // Runs `work` on the loop thread soon, in the order of the posts; nothing
  // where the loop has ended. Any thread.
  void Post(std::function<void()> work);

  static Time Now();

  // Runs `work` once at `at`, unless the timer is cancelled or destroyed
  // before, or the loop shuts down. Restarting replaces what was set. Loop
  // thread only.
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
  // Shuts the queue once nothing is out.
  void CloseIfIdle();
  // The oldest of what was posted: alarms that are due at once come back in any
  // order, so each stands for one piece of work, and none for a certain one.
  void RunPosted();

  std::unique_ptr<grpc::ServerCompletionQueue> queue_;
  // A timer that is still set would keep the queue from ever running dry.
  std::set<std::shared_ptr<Timer::Armed>> armed_;
  std::atomic<size_t> operations_ = 0;  // tags that are out
  bool shutting_down_ = false;
  std::mutex mutex_;                          // between Post() and the closing of the queue
  bool closed_ = false;                       // guarded by mutex_
  std::deque<std::function<void()>> posted_;  // guarded by mutex_
};

}  // namespace sidecar_shim

#endif  // SIDECAR_SHIM_SHIM_BASE_LOOP_H_
