// Asks all sources about a pod at once and keeps the best answer: that of the
// first source in the list that knows the pod. Loop thread only.
//
// A source that gives no answer, or lets somebody wait in vain, is unresponsive:
// nobody waits for it until it has told something. Its open queries are put
// again in the background, one at a time and less and less often; with the
// first answer all of them are. An answer of which no sense can be made counts
// as one that does not know the pod.
#ifndef SIDECAR_SHIM_SHIM_SPECS_SPEC_RESOLVER_H_
#define SIDECAR_SHIM_SHIM_SPECS_SPEC_RESOLVER_H_

#include <functional>
#include <list>
#include <map>
#include <memory>
#include <optional>
#include <string>
#include <utility>
#include <vector>

#include "shim/base/counters.h"
#include "shim/base/node_address.h"
#include "shim/driver/policy_driver.h"
#include "shim/specs/spec_source.h"

namespace sidecar_shim {

class SpecResolver {
 public:
  SpecResolver(Loop& loop, PolicyDriver& driver, Counters& counters, NodeAddress& node_address)
      : loop_(loop), driver_(driver), counters_(counters), node_address_(node_address) {}

  // Best first. All before the first query_state.
  void Add(std::unique_ptr<SpecSource> source);

  // Begins to look the pod up, or does it again where nothing was found. What
  // is found goes to the policy as SpecReceived, whenever it comes.
  void Resolve(const PodQuery& query);

  // Runs `then` as soon as nothing better can be learnt by waiting: at once
  // where the pod's queries have been answered or only unresponsive sources owe an
  // answer, after `patience` at the latest. Asks where nobody has asked yet,
  // and now and then where nobody knew the pod.
  void WhenResolved(const PodQuery& query, Duration patience, std::function<void()> then);

  // Feeds what is known of the pod once more: the policy knows the pod only now.
  void Publish(const policy::PodRef& pod);

  // The pod has gone. Who waits for its spec waits no longer.
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
  enum class QueryState { kNone, kPending, kAnswered, kUnanswered };  // kUnanswered: asked in vain
  struct Entry {
    PodQuery query;
    std::vector<QueryState> queries;  // by source
    std::optional<size_t> best;
    PodUpdate update;                  // of the best source
    std::optional<Time> requeried_at;  // by WhenResolved
    std::list<std::unique_ptr<Waiter>> waiters;
  };
  struct Source {
    Source(Loop& loop, std::unique_ptr<SpecSource> its_source) : source(std::move(its_source)), retry(loop) {}
    std::unique_ptr<SpecSource> source;
    bool unresponsive = false;
    bool malformed = false;  // its latest answer about a pod
    Duration pause{0};       // before the latest retry
    Loop::Timer retry;
    policy::PodRef retried;  // the latest; the next one comes after it
  };

  Entry& EntryOf(const PodQuery& query);
  void Query(const policy::PodRef& pod, size_t source);
  void OnAnswer(const policy::PodRef& pod, size_t source, const absl::StatusOr<PodUpdate>& update);
  // What a source tells of its own accord. `source` is its place in the list.
  void OnUpdate(const policy::PodRef& pod, size_t source, const PodUpdate& update);
  // Keeps it and tells the policy, where it is the best so far.
  void Accept(Entry& entry, size_t source, const PodUpdate& update);
  // What is true whoever says it.
  void PublishState(const policy::PodRef& pod, const PodUpdate& update);
  // The source has told something / has not.
  void MarkHealthy(size_t source);
  void MarkUnresponsive(size_t source, const absl::Status& why);
  // How its answer about some pod was.
  void MarkValid(size_t source);
  void MarkMalformed(size_t source, const std::string& why);
  void StopWaitingFor(size_t source, const absl::Status& why);
  // One of that source's open queries, in turn.
  void RetryNextUnanswered(size_t source);
  bool IsSettled(const Entry& entry) const;
  void OnWaitTimeout(const policy::PodRef& pod);
  void Release(const policy::PodRef& pod);
  static void Release(std::list<std::unique_ptr<Waiter>> waiters);

  Loop& loop_;
  PolicyDriver& driver_;
  Counters& counters_;
  NodeAddress& node_address_;
  std::vector<std::unique_ptr<Source>> sources_;
  std::map<policy::PodRef, Entry> entries_;
  bool waiting_stopped_ = false;
};

}  // namespace sidecar_shim

#endif  // SIDECAR_SHIM_SHIM_SPECS_SPEC_RESOLVER_H_
