#include "shim/sources/plan_registry.h"

#include <spdlog/spdlog.h>

#include <utility>

#include "shim/cri/facts.h"

namespace sidecar_shim {

void PlanRegistry::Add(std::unique_ptr<PlanSource> source) {
  source->Follow([this, place = sources_.size()](const policy::PodRef& pod, const PodNews& news) {
    Push(pod, place, news);
  });
  sources_.push_back(std::move(source));
}

void PlanRegistry::Ask(const PodQuery& query) {
  Entry& entry = entries_[query.pod];
  entry.pending.resize(sources_.size(), false);
  for (size_t i = 0; i < sources_.size(); ++i) {
    // A source better than what is known is asked again: it may be up by now.
    if (entry.pending[i] || (entry.best && *entry.best <= i)) continue;
    entry.pending[i] = true;
    sources_[i]->Find(
        query, [this, pod = query.pod, i](const std::optional<PodNews>& news) { Answered(pod, i, news); });
  }
}

void PlanRegistry::WhenAnswered(const PodQuery& query, Duration patience, std::function<void()> then) {
  auto it = entries_.find(query.pod);
  if (it == entries_.end() || (!it->second.best && Settled(it->second))) {
    Ask(query);
    it = entries_.find(query.pod);
  }
  if (waiting_over_ || it == entries_.end() || Settled(it->second)) {
    then();
    return;
  }
  auto waiter = std::make_unique<Waiter>(loop_);
  waiter->then = std::move(then);
  waiter->timer.Start(Loop::Now() + patience, [this, pod = query.pod] {
    auto entry = entries_.find(pod);
    if (entry == entries_.end()) return;
    for (size_t i = 0; i < entry->second.pending.size(); ++i) {
      if (!entry->second.pending[i] || slow_[i]) continue;
      slow_[i] = true;
      spdlog::warn("plan source {} does not answer; not waited for until it does", sources_[i]->name());
    }
    Release(pod);
  });
  it->second.waiters.push_back(std::move(waiter));
}

void PlanRegistry::Push(const policy::PodRef& pod, size_t source, const PodNews& news) {
  auto it = entries_.find(pod);
  if (it == entries_.end()) return;
  if (!it->second.best || *it->second.best >= source) {
    Take(it->second, pod, source, news);
  } else {
    TellReady(news);  // true whoever says it
  }
}

void PlanRegistry::Tell(const policy::PodRef& pod) {
  auto it = entries_.find(pod);
  if (it == entries_.end() || !it->second.best) return;
  conductor_.Feed(policy::PlanLearnt{pod, it->second.news.plan});
  TellReady(it->second.news);
}

void PlanRegistry::StopWaiting() {
  waiting_over_ = true;
  std::vector<policy::PodRef> pods;
  for (const auto& [pod, entry] : entries_) pods.push_back(pod);
  for (const policy::PodRef& pod : pods) Release(pod);
}

void PlanRegistry::Stop() {
  entries_.clear();
  sources_.clear();
}

void PlanRegistry::Answered(const policy::PodRef& pod, size_t source, const std::optional<PodNews>& news) {
  if (std::exchange(slow_[source], false))
    spdlog::info("plan source {} answers again", sources_[source]->name());
  auto it = entries_.find(pod);
  if (it == entries_.end()) return;
  Entry& entry = it->second;
  entry.pending[source] = false;
  if (news && (!entry.best || source <= *entry.best)) Take(entry, pod, source, *news);
  if (Settled(entry)) Release(pod);
}

void PlanRegistry::TellReady(const PodNews& news) {
  for (const policy::ContainerId& container : news.ready) conductor_.Feed(policy::ContainerReady{container});
}

void PlanRegistry::Take(Entry& entry, const policy::PodRef& pod, size_t source, const PodNews& news) {
  const policy::PodPlan& plan = news.plan;
  if (entry.best != source) {
    spdlog::debug("plan of pod {} from {}: {} containers, restartPolicy {}", Describe(pod), plan.source,
                  plan.containers.size(), std::string(policy::RestartPolicyName(plan.restart_policy)));
  }
  entry.best = source;
  entry.news = news;
  conductor_.Feed(policy::PlanLearnt{pod, plan});
  TellReady(news);
}

bool PlanRegistry::Settled(const Entry& entry) const {
  for (size_t i = 0; i < entry.pending.size(); ++i) {
    if (entry.best && *entry.best <= i) return true;
    auto slow = slow_.find(i);
    if (entry.pending[i] && (slow == slow_.end() || !slow->second)) return false;
  }
  return true;
}

void PlanRegistry::Release(const policy::PodRef& pod) {
  auto it = entries_.find(pod);
  if (it == entries_.end()) return;
  std::list<std::unique_ptr<Waiter>> waiters = std::move(it->second.waiters);
  it->second.waiters.clear();
  for (const std::unique_ptr<Waiter>& waiter : waiters) {
    waiter->timer.Cancel();
    waiter->then();
  }
}

}  // namespace sidecar_shim
