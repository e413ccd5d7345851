// The event loop: one thread for relay, gate, timers and reconciliation, so that
// code in shim/ needs no locks. An interface: EpollLoop runs in real time; tests
// have one whose time they advance themselves.
//
// The loop must never block: slow work goes to a worker thread (offload.h).
#ifndef SIDECAR_SHIM_SHIM_BASE_LOOP_H_
#define SIDECAR_SHIM_SHIM_BASE_LOOP_H_

#include <grpcpp/grpcpp.h>

#include <cstdint>
#include <functional>
#include <utility>

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

  // Reports when a descriptor, which it does not own, can be read or written:
  // again and again while that holds (level-triggered), and always when the
  // descriptor's other end is gone.
  class Watch;

  // Work that is to run once at the end of the loop's turn, however often it was
  // scheduled in it: after all that was ready in this turn, before the loop
  // waits.
  class TurnEnd;

 protected:
  virtual TimerQueue& timers() = 0;
  // `events` are epoll's; 0 adds the watch without interest. Update() after Add(), Remove() last.
  virtual void Add(Watch& watch, uint32_t events) = 0;
  virtual void Update(Watch& watch, uint32_t events) = 0;
  virtual void Remove(Watch& watch) = 0;
  virtual void Schedule(TurnEnd& work) = 0;
  virtual void Unschedule(TurnEnd& work) = 0;
};

class Loop::Watch {
 public:
  class Observer {
   public:
    virtual ~Observer() = default;
    // What the descriptor is ready for. An error or a hang-up counts as both. May
    // destroy the watch.
    virtual void OnReady(bool can_read, bool can_write) = 0;
  };

  // `fd` stays open while the watch lives.
  Watch(Loop& loop, int fd, bool want_read, bool want_write, Observer& observer);
  ~Watch();
  Watch(const Watch&) = delete;
  Watch& operator=(const Watch&) = delete;

  // Costs nothing where nothing changes.
  void Want(bool read, bool write);
  int fd() const { return fd_; }
  // For the loop.
  void Report(uint32_t events) const;

 private:
  Loop& loop_;
  const int fd_;
  uint32_t wanted_;
  Observer& observer_;
};

class Loop::TurnEnd {
 public:
  // `work` must not destroy this object.
  TurnEnd(Loop& loop, std::function<void()> work) : loop_(loop), work_(std::move(work)) {}
  ~TurnEnd() {
    if (scheduled_) loop_.Unschedule(*this);
  }
  TurnEnd(const TurnEnd&) = delete;
  TurnEnd& operator=(const TurnEnd&) = delete;

  void Schedule() {
    if (scheduled_) return;
    scheduled_ = true;
    loop_.Schedule(*this);
  }
  // For the loop.
  void Run() {
    scheduled_ = false;
    work_();
  }

 private:
  Loop& loop_;
  const std::function<void()> work_;
  bool scheduled_ = false;
};

}  // namespace sidecar_shim

#endif  // SIDECAR_SHIM_SHIM_BASE_LOOP_H_
