#include "shim/sources/plan_registry.h"

#include <spdlog/spdlog.h>

#include <algorithm>
#include <utility>

#include "shim/cri/facts.h"

namespace sidecar_shim {
namespace {

// kubelet creates a pod's containers in one go: the first create of a go asks
// again where the pod is unknown, those after it need not.
constexpr Duration kAskAgain = std::chrono::seconds(1);
constexpr Duration kFirstRetry = std::chrono::seconds(1);
constexpr Duration kLongestRetry = std::chrono::seconds(30);

}  // namespace

void PlanRegistry::Add(std::unique_ptr<PlanSource> source) {
  source->Follow([this, place = sources_.size()](const policy::PodRef& pod, const PodNews& news) {
    Push(pod, place, news);
  });
  sources_.push_back(std::make_unique<Source>(loop_, std::move(source)));
}

void PlanRegistry::Ask(const PodQuery& query) {
  EntryOf(query);
  for (size_t i = 0; i < sources_.size(); ++i) {
    auto it = entries_.find(query.pod);
    // A source better than what is known is asked again: it may be up by now.
    if (it == entries_.end() || (it->second.best && *it->second.best <= i)) return;
    // An open question is put again by the retry: the source needs no more of them.
    const Question question = it->second.questions[i];
    if (question == Question::kNone || question == Question::kAnswered) Put(query.pod, i);
  }
}

void PlanRegistry::WhenAnswered(const PodQuery& query, Duration patience, std::function<void()> then) {
  Entry& entry = EntryOf(query);
  const bool unknown = !entry.best && Settled(entry);
  if (unknown && (!entry.asked_again || Loop::Now() - *entry.asked_again >= kAskAgain)) {
    entry.asked_again = Loop::Now();
    Ask(query);
  }
  auto it = entries_.find(query.pod);
  if (waiting_over_ || it == entries_.end() || Settled(it->second)) {
    then();
    return;
  }
  auto waiter = std::make_unique<Waiter>(loop_);
  waiter->then = std::move(then);
  waiter->timer.Start(Loop::Now() + patience, [this, pod = query.pod] { OnPatienceOver(pod); });
  it->second.waiters.push_back(std::move(waiter));
}

void PlanRegistry::Tell(const policy::PodRef& pod) {
  auto it = entries_.find(pod);
  if (it == entries_.end() || !it->second.best) return;
  TellState(pod, it->second.news);
  conductor_.Feed(policy::PlanLearnt{pod, it->second.news.plan});
}

void PlanRegistry::Forget(const policy::PodRef& pod) {
  auto it = entries_.find(pod);
  if (it == entries_.end()) return;
  std::list<std::unique_ptr<Waiter>> waiters = std::move(it->second.waiters);
  entries_.erase(it);
  Release(std::move(waiters));
}

void PlanRegistry::StopWaiting() {
  waiting_over_ = true;
  std::list<std::unique_ptr<Waiter>> waiters;
  for (auto& [pod, entry] : entries_) waiters.splice(waiters.end(), entry.waiters);
  Release(std::move(waiters));
}

void PlanRegistry::Stop() {
  entries_.clear();
  sources_.clear();
}

PlanRegistry::Entry& PlanRegistry::EntryOf(const PodQuery& query) {
  Entry& entry = entries_[query.pod];
  entry.query = query;
  entry.questions.resize(sources_.size(), Question::kNone);
  return entry;
}

void PlanRegistry::Put(const policy::PodRef& pod, size_t source) {
  Entry& entry = entries_.at(pod);
  entry.questions[source] = Question::kAsked;
  sources_[source]->source->Find(
      entry.query, [this, pod, source](const absl::StatusOr<PodNews>& news) { Answered(pod, source, news); });
}

void PlanRegistry::Answered(const policy::PodRef& pod, size_t source, const absl::StatusOr<PodNews>& news) {
  if (source >= sources_.size()) return;  // stopped
  const bool senseless = absl::IsDataLoss(news.status());
  const bool answered = news.ok() || senseless || absl::IsNotFound(news.status());
  auto it = entries_.find(pod);
  if (it != entries_.end()) {
    Entry& entry = it->second;
    entry.questions[source] = answered ? Question::kAnswered : Question::kOpen;
    if (news.ok()) {
      TellState(pod, *news);
      Take(entry, source, *news);
    }
  }
  if (news.ok()) OnSense(source);
  if (senseless) OnNonsense(source, std::string(news.status().message()));
  if (answered) {
    OnSign(source);
  } else {
    OnSilence(source, news.status());
  }
  Release(pod);
}

void PlanRegistry::Push(const policy::PodRef& pod, size_t source, const PodNews& news) {
  auto it = entries_.find(pod);
  if (it != entries_.end()) {
    Entry& entry = it->second;
    if (entry.questions[source] == Question::kOpen && !news.plan.containers.empty()) {
      entry.questions[source] = Question::kAnswered;
    }
    TellState(pod, news);
    Take(entry, source, news);
  }
  OnSense(source);
  OnSign(source);
  Release(pod);
}

void PlanRegistry::Take(Entry& entry, size_t source, const PodNews& news) {
  const policy::PodPlan& plan = news.plan;
  // A plan without containers would only hide what other sources know.
  if (plan.containers.empty() || (entry.best && *entry.best < source)) return;
  if (entry.best != source) {
    spdlog::debug("plan of pod {} from {}: {} containers, restartPolicy {}", Describe(entry.query.pod),
                  plan.source, plan.containers.size(),
                  std::string(policy::RestartPolicyName(plan.restart_policy)));
  }
  entry.best = source;
  entry.news = news;
  conductor_.Feed(policy::PlanLearnt{entry.query.pod, plan});
}

void PlanRegistry::TellState(const policy::PodRef& pod, const PodNews& news) {
  node_address_.Learn(news.host_ip);
  if (news.terminating) conductor_.Feed(policy::PodTerminating{pod});
  for (const policy::ContainerId& container : news.ready) {
    conductor_.Feed(policy::ContainerReady{container, /*by_kubelet=*/true});
  }
}

void PlanRegistry::OnSign(size_t source) {
  Source& its = *sources_[source];
  if (std::exchange(its.slow, false)) {
    spdlog::info("plan source {} is waited for again", its.source->name());
  }
  its.pause = Duration{0};
  its.retry.Cancel();
  // Each answer puts one: a source with a limit on its questions stays within it.
  PutNextOpen(source);
}

void PlanRegistry::OnSilence(size_t source, const absl::Status& why) {
  MarkSlow(source, why);
  Source& its = *sources_[source];
  if (its.retry.pending()) return;
  its.pause = std::clamp(2 * its.pause, kFirstRetry, kLongestRetry);
  its.retry.Start(Loop::Now() + its.pause, [this, source] { PutNextOpen(source); });
}

void PlanRegistry::OnSense(size_t source) {
  if (std::exchange(sources_[source]->senseless, false)) {
    spdlog::info("plan source {} makes sense again", sources_[source]->source->name());
  }
}

void PlanRegistry::OnNonsense(size_t source, const std::string& why) {
  counters_.Add("senseless_plan_answers");
  if (std::exchange(sources_[source]->senseless, true)) return;
  spdlog::warn("plan source {} answers without sense ({}); it counts as not knowing the pod",
               sources_[source]->source->name(), why);
}

void PlanRegistry::MarkSlow(size_t source, const absl::Status& why) {
  if (std::exchange(sources_[source]->slow, true)) return;
  const std::string name = sources_[source]->source->name(), reason(why.message());
  if (absl::IsFailedPrecondition(why)) {
    spdlog::info("plan source {} is not ready yet ({}); not waited for until it is", name, reason);
  } else {
    counters_.Add("slow_plan_sources");
    spdlog::warn("plan source {} does not answer ({}); not waited for until it does", name, reason);
  }
  std::vector<policy::PodRef> waited_for;
  for (const auto& [pod, entry] : entries_) {
    if (!entry.waiters.empty()) waited_for.push_back(pod);
  }
  for (const policy::PodRef& pod : waited_for) Release(pod);
}

void PlanRegistry::PutNextOpen(size_t source) {
  auto it = entries_.upper_bound(sources_[source]->retried);
  for (size_t looked_at = 0; looked_at < entries_.size(); ++looked_at, ++it) {
    if (it == entries_.end()) it = entries_.begin();
    const Entry& entry = it->second;
    if (entry.questions[source] != Question::kOpen || (entry.best && *entry.best <= source)) continue;
    sources_[source]->retried = it->first;
    Put(it->first, source);
    return;
  }
}

bool PlanRegistry::Settled(const Entry& entry) const {
  for (size_t i = 0; i < entry.questions.size(); ++i) {
    if (entry.best && *entry.best <= i) return true;
    if (entry.questions[i] == Question::kAsked && !sources_[i]->slow) return false;
  }
  return true;
}

void PlanRegistry::OnPatienceOver(const policy::PodRef& pod) {
  for (size_t i = 0; i < sources_.size(); ++i) {
    auto it = entries_.find(pod);
    if (it == entries_.end() || Settled(it->second)) break;
    if (it->second.questions[i] == Question::kAsked)
      MarkSlow(i, absl::DeadlineExceededError("somebody waited for it in vain"));
  }
  Release(pod);
}

void PlanRegistry::Release(const policy::PodRef& pod) {
  auto it = entries_.find(pod);
  if (it == entries_.end() || !Settled(it->second)) return;
  Release(std::exchange(it->second.waiters, {}));
}

void PlanRegistry::Release(std::list<std::unique_ptr<Waiter>> waiters) {
  for (const std::unique_ptr<Waiter>& waiter : waiters) {
    waiter->timer.Cancel();
    waiter->then();
  }
}

}  // namespace sidecar_shim
