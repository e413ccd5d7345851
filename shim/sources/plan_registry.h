// Asks all sources about a pod at once and keeps the best answer: that of the
// first source in the list that knows the pod. Loop thread only.
//
// A source that gives no answer, or lets somebody wait in vain, is slow:
// nobody waits for it until it has told something. Its open questions are put
// again in the background, one at a time and less and less often; with the
// first answer all of them are. An answer of which no sense can be made counts
// as one that does not know the pod.
#ifndef SIDECAR_SHIM_SHIM_SOURCES_PLAN_REGISTRY_H_
#define SIDECAR_SHIM_SHIM_SOURCES_PLAN_REGISTRY_H_

#include <functional>
#include <list>
#include <map>
#include <memory>
#include <optional>
#include <string>
#include <utility>
#include <vector>

#include "shim/core/conductor.h"
#include "shim/core/counters.h"
#include "shim/node_address.h"
#include "shim/sources/plan_source.h"

namespace sidecar_shim {

class PlanRegistry {
 public:
  PlanRegistry(Loop& loop, Conductor& conductor, Counters& counters, NodeAddress& node_address)
      : loop_(loop), conductor_(conductor), counters_(counters), node_address_(node_address) {}

  // Best first. All before the first question.
  void Add(std::unique_ptr<PlanSource> source);

  // Begins to look the pod up, or does it again where nothing was found. What
  // is found goes to the policy as PlanLearnt, whenever it comes.
  void Ask(const PodQuery& query);

  // Runs `then` as soon as nothing better can be learnt by waiting: at once
  // where the pod's questions have been answered or only slow sources owe an
  // answer, after `patience` at the latest. Asks where nobody has asked yet,
  // and now and then where nobody knew the pod.
  void WhenAnswered(const PodQuery& query, Duration patience, std::function<void()> then);

  // Feeds what is known of the pod once more: the policy knows the pod only now.
  void Tell(const policy::PodRef& pod);

  // The pod has gone. Who waits for its plan waits no longer.
  void Forget(const policy::PodRef& pod);

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
  enum class Question { kNone, kAsked, kAnswered, kOpen };  // kOpen: asked in vain
  struct Entry {
    PodQuery query;
    std::vector<Question> questions;  // by source
    std::optional<size_t> best;
    PodNews news;                     // of the best source
    std::optional<Time> asked_again;  // by WhenAnswered
    std::list<std::unique_ptr<Waiter>> waiters;
  };
  struct Source {
    Source(Loop& loop, std::unique_ptr<PlanSource> its_source) : source(std::move(its_source)), retry(loop) {}
    std::unique_ptr<PlanSource> source;
    bool slow = false;
    bool senseless = false;  // its latest answer about a pod
    Duration pause{0};       // before the latest retry
    Loop::Timer retry;
    policy::PodRef retried;  // the latest; the next one comes after it
  };

  Entry& EntryOf(const PodQuery& query);
  void Put(const policy::PodRef& pod, size_t source);
  void Answered(const policy::PodRef& pod, size_t source, const absl::StatusOr<PodNews>& news);
  // What a source tells of its own accord. `source` is its place in the list.
  void Push(const policy::PodRef& pod, size_t source, const PodNews& news);
  // Keeps it and tells the policy, where it is the best so far.
  void Take(Entry& entry, size_t source, const PodNews& news);
  // What is true whoever says it.
  void TellState(const policy::PodRef& pod, const PodNews& news);
  // The source has told something / has not.
  void OnSign(size_t source);
  void OnSilence(size_t source, const absl::Status& why);
  // How its answer about some pod was.
  void OnSense(size_t source);
  void OnNonsense(size_t source, const std::string& why);
  void MarkSlow(size_t source, const absl::Status& why);
  // One of that source's open questions, in turn.
  void PutNextOpen(size_t source);
  bool Settled(const Entry& entry) const;
  void OnPatienceOver(const policy::PodRef& pod);
  void Release(const policy::PodRef& pod);
  static void Release(std::list<std::unique_ptr<Waiter>> waiters);

  Loop& loop_;
  Conductor& conductor_;
  Counters& counters_;
  NodeAddress& node_address_;
  std::vector<std::unique_ptr<Source>> sources_;
  std::map<policy::PodRef, Entry> entries_;
  bool waiting_over_ = false;
};

}  // namespace sidecar_shim

#endif  // SIDECAR_SHIM_SHIM_SOURCES_PLAN_REGISTRY_H_
