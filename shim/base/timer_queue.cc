#include "shim/base/timer_queue.h"

#include <iterator>
#include <utility>
#include <vector>

namespace sidecar_shim {

std::optional<Time> TimerQueue::Earliest() const {
  if (timers_.empty()) return std::nullopt;
  return timers_.begin()->first;
}

bool TimerQueue::RunNext(Time now) {
  if (timers_.empty() || timers_.begin()->first > now) return false;
  Timer& timer = *timers_.begin()->second;
  timers_.erase(timers_.begin());
  timer.place_.reset();
  // The timer may be destroyed by its work: it is not touched any more.
  std::exchange(timer.work_, nullptr)();
  return true;
}

void TimerQueue::RunDue(Time now) {
  auto due = std::distance(timers_.begin(), timers_.upper_bound(now));
  while (due-- > 0 && RunNext(now)) {
  }
}

void TimerQueue::Close() {
  closed_ = true;
  // Work may own its timer: it is destroyed after the queue has dropped it.
  std::vector<std::function<void()>> dropped;
  for (const auto& [at, timer] : std::exchange(timers_, {})) {
    timer->place_.reset();
    dropped.push_back(std::exchange(timer->work_, nullptr));
  }
}

void TimerQueue::Timer::Start(Time at, std::function<void()> work) {
  // What it replaces may own this timer: it is destroyed last.
  const std::function<void()> replaced = std::exchange(work_, nullptr);
  Cancel();
  if (queue_.closed_) return;
  work_ = std::move(work);
  place_ = queue_.timers_.emplace(at, this);
}

void TimerQueue::Timer::Cancel() {
  if (!place_) return;
  queue_.timers_.erase(*place_);
  place_.reset();
  // The work may own this timer: its end comes last.
  const std::function<void()> dropped = std::exchange(work_, nullptr);
}

}  // namespace sidecar_shim
