#include "shim/run/pleg.h"

#include <utility>

#include "absl/strings/str_cat.h"
#include "absl/time/clock.h"

namespace sidecar_shim::run {

Pleg::Pleg(RuntimeClient& client, EventLog& log, std::string pod_uid, absl::Duration period,
           std::function<void(const PodStatus&)> observer)
    : client_(client),
      log_(log),
      pod_uid_(std::move(pod_uid)),
      period_(period),
      observer_(std::move(observer)),
      thread_([this] { Loop(); }) {}

Pleg::~Pleg() {
  {
    std::lock_guard lock(mutex_);
    stopped_ = true;
  }
  relisted_.notify_all();
  thread_.join();
}

void Pleg::Interrupt() {
  std::lock_guard lock(mutex_);
  interrupted_ = true;
  relisted_.notify_all();
}

void Pleg::Resume() {
  std::lock_guard lock(mutex_);
  interrupted_ = false;
}

std::optional<PodStatus> Pleg::NewerThan(absl::Time since, absl::Time deadline) {
  std::unique_lock lock(mutex_);
  auto ready = [&] { return interrupted_ || as_of_ > since; };
  if (!relisted_.wait_until(lock, absl::ToChronoTime(deadline), ready) || interrupted_) return std::nullopt;
  return status_;
}

bool Pleg::WaitForChange(absl::Time deadline) {
  std::unique_lock lock(mutex_);
  auto ready = [&] { return interrupted_ || changed_; };
  if (!relisted_.wait_until(lock, absl::ToChronoTime(deadline), ready) || interrupted_) return false;
  changed_ = false;
  return true;
}

void Pleg::Loop() {
  for (;;) {
    Relist();
    std::unique_lock lock(mutex_);
    if (relisted_.wait_for(lock, absl::ToChronoNanoseconds(period_), [this] { return stopped_; })) return;
  }
}

absl::StatusOr<std::map<std::string, Pleg::State>> Pleg::List() {
  std::map<std::string, State> states;
  absl::StatusOr<std::vector<cri::PodSandbox>> sandboxes = client_.ListPodSandbox(pod_uid_);
  if (!sandboxes.ok()) return sandboxes.status();
  absl::StatusOr<std::vector<cri::Container>> containers = client_.ListContainers(pod_uid_);
  if (!containers.ok()) return containers.status();
  is_sandbox_.clear();
  for (const cri::PodSandbox& sandbox : *sandboxes) {
    states[sandbox.id()] = sandbox.state() == cri::SANDBOX_READY ? State::kRunning : State::kExited;
    is_sandbox_[sandbox.id()] = true;
  }
  for (const cri::Container& container : *containers) {
    State& state = states[container.id()];
    is_sandbox_[container.id()] = false;
    state = container.state() == cri::CONTAINER_RUNNING  ? State::kRunning
            : container.state() == cri::CONTAINER_EXITED ? State::kExited
                                                         : State::kUnknown;
  }
  return states;
}

absl::StatusOr<PodStatus> Pleg::Inspect(const std::map<std::string, State>& states) {
  PodStatus status;
  for (const auto& [id, state] : states) {
    if (is_sandbox_[id]) {
      absl::StatusOr<cri::PodSandboxStatus> sandbox = client_.PodSandboxStatus(id);
      if (absl::IsNotFound(sandbox.status())) continue;  // removed since the list
      if (!sandbox.ok()) return sandbox.status();
      status.sandboxes.push_back(*std::move(sandbox));
    } else {
      absl::StatusOr<cri::ContainerStatusResponse> container = client_.ContainerStatus(id);
      if (absl::IsNotFound(container.status())) continue;
      if (!container.ok()) return container.status();
      status.containers.push_back(ReadContainerRecord(*container));
    }
  }
  SortNewestFirst(status);
  return status;
}

void Pleg::Report(const absl::Status& status) {
  // Once per outage: every relist fails until it ends.
  if (status.ok() == !failing_) return;
  failing_ = !status.ok();
  log_.Emit(Event::Kind::kWarning, "pod",
            failing_ ? absl::StrCat("cannot list the pod in the runtime: ", status.message())
                     : "the runtime responds again");
}

void Pleg::Relist() {
  absl::Time began = absl::Now();
  absl::StatusOr<std::map<std::string, State>> states = List();
  if (!states.ok()) return Report(states.status());
  bool worth_a_sync = false;
  for (const auto& [id, state] : *states) {
    auto before = states_.find(id);
    bool same = before != states_.end() && before->second == state;
    if (!same && state != State::kUnknown) worth_a_sync = true;
  }
  for (const auto& [id, state] : states_) {
    // The exit of one that had died before it was removed has been reported.
    if (state != State::kExited && states->count(id) == 0) worth_a_sync = true;
  }
  bool inspect = inspect_again_ || *states != states_;
  std::optional<PodStatus> fresh;
  if (inspect) {
    absl::StatusOr<PodStatus> status = Inspect(*states);
    inspect_again_ = !status.ok();
    if (!status.ok()) return Report(status.status());
    fresh = *std::move(status);
    observer_(*fresh);
  }
  Report(absl::OkStatus());
  states_ = *std::move(states);
  std::lock_guard lock(mutex_);
  if (fresh) status_ = *std::move(fresh);
  as_of_ = began;
  changed_ = changed_ || worth_a_sync;
  relisted_.notify_all();
}

}  // namespace sidecar_shim::run
