// Asks all sources about a pod at once and keeps the best answer: that of the
// first source in the list that knows the pod. Loop thread only.
#ifndef SIDECAR_SHIM_SHIM_SOURCES_PLAN_REGISTRY_H_
#define SIDECAR_SHIM_SHIM_SOURCES_PLAN_REGISTRY_H_

#include <functional>
#include <list>
#include <map>
#include <memory>
#include <vector>

#include "shim/core/conductor.h"
#include "shim/sources/plan_source.h"

namespace sidecar_shim {

class PlanRegistry {
 public:
  PlanRegistry(Loop& loop, Conductor& conductor) : loop_(loop), conductor_(conductor) {}

  // Best first. All before the first question.
  void Add(std::unique_ptr<PlanSource> source);

  // Begins to look the pod up, or does it again where nothing was found. What
  // is found goes to the policy as PlanLearnt.
  void Ask(const PodQuery& query);

  // Runs `then` as soon as nothing better can be learnt by waiting: at once
  // where the pod's questions have been answered, after `patience` at the
  // latest. A source that once let somebody wait in vain is not waited for
  // again until it has answered something.
  void WhenAnswered(const PodQuery& query, Duration patience, std::function<void()> then);

  // Feeds what is known of the pod once more: the policy knows the pod only now.
  void Tell(const policy::PodRef& pod);

  // The pod has gone.
  void Forget(const policy::PodRef& pod) { entries_.erase(pod); }

  size_t size() const { return entries_.size(); }

  // Nobody is kept waiting any more.
  void StopWaiting();
  // The sources go; nothing is learnt any more.
  void Stop();

 private:
  struct Waiter {
    explicit Waiter(Loop& loop) : timer(loop) {}
    Loop::Timer timer;
    std::function<void()> then;
  };
  struct Entry {
    std::vector<bool> pending;  // by source
    std::optional<size_t> best;
    PodNews news;  // of the best source
    std::list<std::unique_ptr<Waiter>> waiters;
  };

  // What a source tells of its own accord. `source` is its place in the list.
  void Push(const policy::PodRef& pod, size_t source, const PodNews& news);
  void Answered(const policy::PodRef& pod, size_t source, const std::optional<PodNews>& news);
  void Take(Entry& entry, const policy::PodRef& pod, size_t source, const PodNews& news);
  void TellReady(const PodNews& news);
  bool Settled(const Entry& entry) const;
  void Release(const policy::PodRef& pod);

  Loop& loop_;
  Conductor& conductor_;
  std::vector<std::unique_ptr<PlanSource>> sources_;
  std::map<size_t, bool> slow_;  // by source
  std::map<policy::PodRef, Entry> entries_;
  bool waiting_over_ = false;
};

}  // namespace sidecar_shim

#endif  // SIDECAR_SHIM_SHIM_SOURCES_PLAN_REGISTRY_H_
