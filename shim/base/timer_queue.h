// Timers ordered by when they are due; those of one instant in the order of
// their start. Reads no clock: its loop passes the time. One thread.
#ifndef SIDECAR_SHIM_SHIM_BASE_TIMER_QUEUE_H_
#define SIDECAR_SHIM_SHIM_BASE_TIMER_QUEUE_H_

#include <functional>
#include <map>
#include <optional>

#include "shim/base/clock.h"

namespace sidecar_shim {

class TimerQueue {
 public:
  class Timer;

  TimerQueue() = default;
  TimerQueue(const TimerQueue&) = delete;
  TimerQueue& operator=(const TimerQueue&) = delete;

  // When the earliest timer is due; nullopt where none is started.
  std::optional<Time> Earliest() const;

  // Runs the earliest timer if it is due at `now`. False: none is.
  bool RunNext(Time now);

  // Runs as many timers as are due at `now`, no more: work that starts its timer
  // again for a time that has passed must not keep the loop from everything
  // else.
  void RunDue(Time now);

  // Cancels all timers. None can be started afterwards.
  void Close();

 private:
  using Timers = std::multimap<Time, Timer*>;
  Timers timers_;
  bool closed_ = false;
};

// Outlived by its queue, unless the queue has been closed.
class TimerQueue::Timer {
 public:
  explicit Timer(TimerQueue& queue) : queue_(queue) {}
  ~Timer() { Cancel(); }
  Timer(const Timer&) = delete;
  Timer& operator=(const Timer&) = delete;

  // Runs `work` once at `at`, unless the timer is cancelled or destroyed, or its
  // queue closed, before. Starting a started timer replaces time and work.
  // `work` may own or destroy the timer.
  void Start(Time at, std::function<void()> work);
  void Cancel();
  bool pending() const { return place_.has_value(); }

 private:
  friend class TimerQueue;
  TimerQueue& queue_;
  std::function<void()> work_;
  std::optional<Timers::iterator> place_;
};

}  // namespace sidecar_shim

#endif  // SIDECAR_SHIM_SHIM_BASE_TIMER_QUEUE_H_
