#include "shim/specs/spec_resolver.h"

#include <spdlog/spdlog.h>

#include <chrono>
#include <utility>

#include "shim/cri/convert.h"

namespace sidecar_shim {
namespace {

// kubelet creates a pod's containers in one sync: where the pod is unknown, the
// first create of a sync queries again, those after it need not.
constexpr Duration kRequeryInterval = std::chrono::seconds(1);
constexpr Backoff::Options kRetryBackoff = {.initial = std::chrono::seconds(1),
                                            .max = std::chrono::seconds(30)};

}  // namespace

SpecResolver::Source::Source(Loop& loop, std::unique_ptr<SpecSource> its_source)
    : source(std::move(its_source)), backoff(kRetryBackoff), retry(loop) {}

void SpecResolver::Add(std::unique_ptr<SpecSource> source) {
  source->Follow([this, place = sources_.size()](const policy::PodRef& pod, const PodUpdate& update) {
    OnUpdate(pod, place, update);
  });
  sources_.push_back(std::make_unique<Source>(loop_, std::move(source)));
}

void SpecResolver::Resolve(const PodQuery& query) {
  EntryOf(query);
  for (size_t i = 0; i < sources_.size(); ++i) {
    auto it = entries_.find(query.pod);
    // A source that ranks above the best known is queried again: it may be up now.
    if (it == entries_.end() || (it->second.best && *it->second.best <= i)) return;
    // Unanswered queries are left to the retries.
    const QueryState state = it->second.queries[i];
    if (state == QueryState::kNone || state == QueryState::kAnswered) Query(query.pod, i);
  }
}

void SpecResolver::WhenResolved(const PodQuery& query, Duration timeout, std::function<void()> then) {
  Entry& entry = EntryOf(query);
  const bool unknown = !entry.best && IsSettled(entry);
  if (unknown && (!entry.requeried_at || loop_.Now() - *entry.requeried_at >= kRequeryInterval)) {
    entry.requeried_at = loop_.Now();
    Resolve(query);
  }
  auto it = entries_.find(query.pod);
  if (waiting_stopped_ || it == entries_.end() || IsSettled(it->second)) {
    then();
    return;
  }
  it->second.waiters.Add(std::move(then), timeout, [this, pod = query.pod](const Waiter& late) {
    OnWaitTimeout(pod);
    late();
  });
}

void SpecResolver::Publish(const policy::PodRef& pod) {
  auto it = entries_.find(pod);
  if (it == entries_.end() || !it->second.best) return;
  PublishState(pod, it->second.update);
  driver_.Post(policy::SpecReceived{pod, it->second.update.spec});
}

void SpecResolver::Forget(const policy::PodRef& pod) {
  auto it = entries_.find(pod);
  if (it == entries_.end()) return;
  const std::vector<Waiter> waiters = it->second.waiters.TakeAll();
  entries_.erase(it);
  for (const Waiter& then : waiters) then();
}

void SpecResolver::StopWaiting() {
  waiting_stopped_ = true;
  std::vector<Waiter> waiters;
  for (auto& [pod, entry] : entries_) {
    for (Waiter& then : entry.waiters.TakeAll()) waiters.push_back(std::move(then));
  }
  for (const Waiter& then : waiters) then();
}

void SpecResolver::Stop() {
  entries_.clear();
  sources_.clear();
}

SpecResolver::Entry& SpecResolver::EntryOf(const PodQuery& query) {
  Entry& entry = entries_.try_emplace(query.pod, loop_).first->second;
  entry.query = query;
  entry.queries.resize(sources_.size(), QueryState::kNone);
  return entry;
}

void SpecResolver::Query(const policy::PodRef& pod, size_t source) {
  Entry& entry = entries_.at(pod);
  entry.queries[source] = QueryState::kPending;
  sources_[source]->source->Find(entry.query, [this, pod, source](const absl::StatusOr<PodUpdate>& update) {
    OnAnswer(pod, source, update);
  });
}

void SpecResolver::OnAnswer(const policy::PodRef& pod, size_t source,
                            const absl::StatusOr<PodUpdate>& update) {
  if (source >= sources_.size()) return;  // stopped
  const bool malformed = absl::IsDataLoss(update.status());
  const bool answered = update.ok() || malformed || absl::IsNotFound(update.status());
  auto it = entries_.find(pod);
  if (it != entries_.end()) {
    Entry& entry = it->second;
    entry.queries[source] = answered ? QueryState::kAnswered : QueryState::kUnanswered;
    if (update.ok()) {
      PublishState(pod, *update);
      Accept(entry, source, *update);
    }
  }
  if (update.ok()) MarkValid(source);
  if (malformed) MarkMalformed(source, std::string(update.status().message()));
  if (answered) {
    MarkHealthy(source);
  } else {
    MarkUnresponsive(source, update.status());
  }
  Release(pod);
}

void SpecResolver::OnUpdate(const policy::PodRef& pod, size_t source, const PodUpdate& update) {
  auto it = entries_.find(pod);
  if (it != entries_.end()) {
    Entry& entry = it->second;
    if (entry.queries[source] == QueryState::kUnanswered && !update.spec.containers.empty()) {
      entry.queries[source] = QueryState::kAnswered;
    }
    PublishState(pod, update);
    Accept(entry, source, update);
  }
  MarkValid(source);
  MarkHealthy(source);
  Release(pod);
}

void SpecResolver::Accept(Entry& entry, size_t source, const PodUpdate& update) {
  const policy::PodSpec& spec = update.spec;
  // A spec without containers would only hide what other sources know.
  if (spec.containers.empty() || (entry.best && *entry.best < source)) return;
  if (entry.best != source) {
    spdlog::debug("spec of pod {} from {}: {} containers, restartPolicy {}", Describe(entry.query.pod),
                  spec.source, spec.containers.size(),
                  std::string(policy::RestartPolicyName(spec.restart_policy)));
  }
  entry.best = source;
  entry.update = update;
  driver_.Post(policy::SpecReceived{entry.query.pod, spec});
}

void SpecResolver::PublishState(const policy::PodRef& pod, const PodUpdate& update) {
  node_address_.Learn(update.host_ip);
  if (update.terminating) driver_.Post(policy::PodTerminating{pod});
  for (const policy::ContainerId& container : update.ready) {
    driver_.Post(policy::ContainerReady{container, /*by_kubelet=*/true});
  }
}

void SpecResolver::MarkHealthy(size_t source) {
  Source& its = *sources_[source];
  if (std::exchange(its.unresponsive, false)) {
    spdlog::info("spec source {} responds again", its.source->name());
  }
  its.backoff.Reset();
  its.retry.Cancel();
  // One per answer: a source with a rate limit on its queries stays within it.
  RetryNextUnanswered(source);
}

void SpecResolver::MarkUnresponsive(size_t source, const absl::Status& why) {
  StopWaitingFor(source, why);
  Source& its = *sources_[source];
  if (its.retry.pending()) return;
  its.retry.Start(loop_.Now() + its.backoff.Next(), [this, source] { RetryNextUnanswered(source); });
}

void SpecResolver::MarkValid(size_t source) {
  if (std::exchange(sources_[source]->malformed, false)) {
    spdlog::info("spec source {} gives valid answers again", sources_[source]->source->name());
  }
}

void SpecResolver::MarkMalformed(size_t source, const std::string& why) {
  counters_.malformed_spec_answers.Add();
  if (std::exchange(sources_[source]->malformed, true)) return;
  spdlog::warn("spec source {} gives a malformed answer ({}); it counts as not knowing the pod",
               sources_[source]->source->name(), why);
}

void SpecResolver::StopWaitingFor(size_t source, const absl::Status& why) {
  if (std::exchange(sources_[source]->unresponsive, true)) return;
  const std::string name = sources_[source]->source->name(), reason(why.message());
  if (absl::IsFailedPrecondition(why)) {
    spdlog::info("spec source {} is not ready yet ({}); not waited for until it is", name, reason);
  } else {
    counters_.unresponsive_spec_sources.Add();
    spdlog::warn("spec source {} does not answer ({}); not waited for until it does", name, reason);
  }
  std::vector<policy::PodRef> waited_for;
  for (const auto& [pod, entry] : entries_) {
    if (!entry.waiters.empty()) waited_for.push_back(pod);
  }
  for (const policy::PodRef& pod : waited_for) Release(pod);
}

void SpecResolver::RetryNextUnanswered(size_t source) {
  auto it = entries_.upper_bound(sources_[source]->retried);
  for (size_t looked_at = 0; looked_at < entries_.size(); ++looked_at, ++it) {
    if (it == entries_.end()) it = entries_.begin();
    const Entry& entry = it->second;
    if (entry.queries[source] != QueryState::kUnanswered || (entry.best && *entry.best <= source)) continue;
    sources_[source]->retried = it->first;
    Query(it->first, source);
    return;
  }
}

bool SpecResolver::IsSettled(const Entry& entry) const {
  for (size_t i = 0; i < entry.queries.size(); ++i) {
    if (entry.best && *entry.best <= i) return true;
    if (entry.queries[i] == QueryState::kPending && !sources_[i]->unresponsive) return false;
  }
  return true;
}

void SpecResolver::OnWaitTimeout(const policy::PodRef& pod) {
  for (size_t i = 0; i < sources_.size(); ++i) {
    auto it = entries_.find(pod);
    if (it == entries_.end() || IsSettled(it->second)) break;
    if (it->second.queries[i] == QueryState::kPending)
      StopWaitingFor(i, absl::DeadlineExceededError("a query timed out"));
  }
  Release(pod);
}

void SpecResolver::Release(const policy::PodRef& pod) {
  auto it = entries_.find(pod);
  if (it == entries_.end() || !IsSettled(it->second)) return;
  for (const Waiter& then : it->second.waiters.TakeAll()) then();
}

}  // namespace sidecar_shim
