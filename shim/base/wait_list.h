// Callers that wait for something, each for a limited time. What a waiter is
// (a callback, a query with its answer) is its user's choice. Loop thread only.
//
//   WaitList<std::function<void()>> waiters(loop);
//   waiters.Add(then, timeout, [](auto then) { then(); });
//   for (auto& then : waiters.TakeAll()) then();
#ifndef SIDECAR_SHIM_SHIM_BASE_WAIT_LIST_H_
#define SIDECAR_SHIM_SHIM_BASE_WAIT_LIST_H_

#include <functional>
#include <iterator>
#include <list>
#include <utility>
#include <vector>

#include "shim/base/loop.h"

namespace sidecar_shim {

template <typename Waiter>
class WaitList {
 public:
  explicit WaitList(Loop& loop) : loop_(loop) {}
  // Waiters that are left are dropped: neither released nor timed out.
  ~WaitList() = default;
  WaitList(const WaitList&) = delete;
  WaitList& operator=(const WaitList&) = delete;

  // After `timeout` the waiter leaves the list and goes to `on_timeout`, unless
  // it has been taken before.
  void Add(Waiter waiter, Duration timeout, std::function<void(Waiter)> on_timeout) {
    const auto place = entries_.emplace(entries_.end(), loop_, std::move(waiter));
    place->timer.Start(loop_.Now() + timeout, [this, place, on_timeout = std::move(on_timeout)] {
      Waiter late = std::move(place->waiter);
      entries_.erase(place);
      on_timeout(std::move(late));
    });
  }

  bool empty() const { return entries_.empty(); }

  // Takes the waiters for which `wanted` is true out of the list, oldest first.
  template <typename Predicate>
  std::vector<Waiter> TakeIf(Predicate wanted) {
    std::vector<Waiter> taken;
    for (auto it = entries_.begin(); it != entries_.end();) {
      const auto current = it++;
      if (!wanted(current->waiter)) continue;
      taken.push_back(std::move(current->waiter));
      entries_.erase(current);
    }
    return taken;
  }

  std::vector<Waiter> TakeAll() {
    return TakeIf([](const Waiter&) { return true; });
  }

  template <typename Change>
  void ForEach(Change change) {
    for (Entry& entry : entries_) change(entry.waiter);
  }

 private:
  struct Entry {
    Entry(Loop& loop, Waiter its_waiter) : waiter(std::move(its_waiter)), timer(loop) {}
    Waiter waiter;
    Loop::Timer timer;
  };

  Loop& loop_;
  std::list<Entry> entries_;
};

}  // namespace sidecar_shim

#endif  // SIDECAR_SHIM_SHIM_BASE_WAIT_LIST_H_
