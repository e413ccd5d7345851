// Queries all spec sources about a pod in parallel; the highest-ranked one that
// knows the pod wins. Loop thread only.
//
// A source that gives no answer, or lets a waiter time out, is marked
// unresponsive and no longer waited for until it publishes or answers something.
// Its pending queries are retried in the background, one at a time with
// exponential back-off; an answer resets the back-off, and each answer brings the
// next retry. A malformed answer counts as "does not know the pod".
#ifndef SIDECAR_SHIM_SHIM_SPECS_SPEC_RESOLVER_H_
#define SIDECAR_SHIM_SHIM_SPECS_SPEC_RESOLVER_H_

#include <functional>
#include <map>
#include <memory>
#include <optional>
#include <string>
#include <utility>
#include <vector>

#include "shim/base/backoff.h"
#include "shim/base/counters.h"
#include "shim/base/node_address.h"
#include "shim/base/wait_list.h"
#include "shim/driver/policy_driver.h"
#include "shim/specs/spec_source.h"

namespace sidecar_shim {

class SpecResolver {
 public:
  SpecResolver(Loop& loop, PolicyDriver& driver, Counters& counters, NodeAddress& node_address)
      : loop_(loop), driver_(driver), counters_(counters), node_address_(node_address) {}

  // Highest rank first. All before the first query.
  void Add(std::unique_ptr<SpecSource> source);

  // Queries the sources about the pod, or again those that rank above the one that
  // knows it. What they answer is posted as SpecReceived, whenever it comes.
  void Resolve(const PodQuery& query);

  // Runs `then` as soon as waiting cannot improve the spec: at once where the
  // pod's queries have been answered or only those of unresponsive sources are
  // pending, after `timeout` at the latest. Queries the sources where that has not
  // been done yet, and again, at most once a second, where none knew the pod.
  void WhenResolved(const PodQuery& query, Duration timeout, std::function<void()> then);

  // Posts once more what is known of the pod: the policy did not know the pod
  // before.
  void Publish(const policy::PodRef& pod);

  // The pod is gone. Releases the waiters for its spec.
  void Forget(const policy::PodRef& pod);

  size_t size() const { return entries_.size(); }

  // Releases all waiters; from now on WhenResolved() waits for nothing.
  void StopWaiting();
  // Destroys the sources.
  void Stop();

 private:
  using Waiter = std::function<void()>;
  enum class QueryState { kNone, kPending, kAnswered, kUnanswered };  // kUnanswered: to be retried
  struct Entry {
    explicit Entry(Loop& loop) : waiters(loop) {}
    PodQuery query;
    std::vector<QueryState> queries;  // by source
    std::optional<size_t> best;
    PodUpdate update;                  // of the best source
    std::optional<Time> requeried_at;  // by WhenResolved
    WaitList<Waiter> waiters;
  };
  struct Source {
    Source(Loop& loop, std::unique_ptr<SpecSource> its_source);
    std::unique_ptr<SpecSource> source;
    bool unresponsive = false;
    bool malformed = false;  // its latest answer about a pod
    Backoff backoff;
    Loop::Timer retry;
    policy::PodRef retried;  // the pod of the latest retry; the next one follows it
  };

  Entry& EntryOf(const PodQuery& query);
  void Query(const policy::PodRef& pod, size_t source);
  void OnAnswer(const policy::PodRef& pod, size_t source, const absl::StatusOr<PodUpdate>& update);
  // A source has published what it was not queried for. `source` is its rank.
  void OnUpdate(const policy::PodRef& pod, size_t source, const PodUpdate& update);
  // Keeps the spec and posts it, where no higher-ranked source has one.
  void Accept(Entry& entry, size_t source, const PodUpdate& update);
  // Posts what counts whatever the source's rank.
  void PublishState(const policy::PodRef& pod, const PodUpdate& update);
  // The source has answered or published something; a query has failed.
  void MarkHealthy(size_t source);
  void MarkUnresponsive(size_t source, const absl::Status& why);
  // Whether the source's latest answer could be read.
  void MarkValid(size_t source);
  void MarkMalformed(size_t source, const std::string& why);
  void StopWaitingFor(size_t source, const absl::Status& why);
  // Retries one of that source's unanswered queries, in turn.
  void RetryNextUnanswered(size_t source);
  bool IsSettled(const Entry& entry) const;
  void OnWaitTimeout(const policy::PodRef& pod);
  void Release(const policy::PodRef& pod);

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
