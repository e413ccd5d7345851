#include "shim/core/reconciler.h"

#include <spdlog/spdlog.h>

#include <set>
#include <utility>

#include "policy/stamp.h"
#include "shim/cri/facts.h"
#include "shim/cri/verbose_info.h"

namespace sidecar_shim {
namespace {

constexpr Duration kIdlePeriod = std::chrono::seconds(30);
constexpr Duration kPollPeriod = std::chrono::seconds(1);
constexpr Duration kRetryPeriod = std::chrono::milliseconds(300);
// How long answers wait for the first reading, in all. kubelet takes a runtime
// that is slow for minutes for dead.
constexpr Duration kLongestAwaited = std::chrono::seconds(15);
// How long the plans of pods found at start are waited for.
constexpr Duration kPlanPatience = std::chrono::seconds(1);

}  // namespace

// One reading of the runtime. `done` runs when the last holder lets go.
struct Reconciler::Pass {
  std::function<void(bool)> done;
  bool ok = true;
  std::set<std::string> sandboxes_before;
  std::set<std::string> containers_before;
  ~Pass() {
    if (done) done(ok);
  }
};

void Reconciler::Start(std::function<void(bool ok)> done) {
  Run([this, done = std::move(done)](bool ok) {
    if (done) done(ok);
    Schedule();
  });
}

void Reconciler::WhenReady(Duration patience, std::function<void()> then) {
  if (ready_ || stopped_) {
    then();
    return;
  }
  auto place = waiting_.insert(waiting_.end(), std::make_unique<Waiter>(loop_));
  (*place)->then = std::move(then);
  (*place)->timer.Start(Loop::Now() + patience, [this, place] {
    const std::unique_ptr<Waiter> waiter = std::move(*place);
    waiting_.erase(place);
    waiter->then();
  });
}

void Reconciler::ReleaseAll() {
  for (const std::unique_ptr<Waiter>& waiter : std::exchange(waiting_, {})) {
    waiter->timer.Cancel();
    waiter->then();
  }
}

void Reconciler::OnRuntimeAnswers() {
  if (ready_ || stopped_) return;
  answered_since_ = Loop::Now();
  if (!running_) Hint();
}

bool Reconciler::Awaited() const {
  return !ready_ && !stopped_ && (!answered_since_ || Loop::Now() < *answered_since_ + kLongestAwaited);
}

void Reconciler::Hint() {
  if (running_) {
    again_ = true;
    return;
  }
  Run([this](bool) { Schedule(); });
}

void Reconciler::SetEventsFlow(bool flow) {
  if (events_flow_ == flow) return;
  events_flow_ = flow;
  if (!running_) Schedule();
}

void Reconciler::OnSandboxGone(const policy::SandboxId& sandbox) {
  const policy::PodState* state = conductor_.engine().FindPodOfSandbox(sandbox);
  if (state == nullptr) return;
  const policy::PodRef pod = state->ref;
  conductor_.Feed(policy::SandboxGone{sandbox});
  if (conductor_.engine().FindPod(pod) == nullptr) plans_.Forget(pod);
}

void Reconciler::Stop() {
  stopped_ = true;
  timer_.Cancel();
  ReleaseAll();
}

void Reconciler::Schedule() {
  if (stopped_) return;
  Duration pause = kIdlePeriod;
  if (!events_flow_) pause = kPollPeriod;
  if (!ready_) pause = kRetryPeriod;
  if (std::exchange(again_, false)) pause = Duration{0};
  timer_.Start(Loop::Now() + pause, [this] {
    // Without a sidecar that waits for its main, polling would tell nothing new.
    if (ready_ && !events_flow_ && !conductor_.engine().AwaitsExits()) {
      Schedule();
      return;
    }
    Hint();
  });
}

void Reconciler::Run(std::function<void(bool ok)> done) {
  running_ = true;
  auto pass = std::make_shared<Pass>();
  // What is made while the lists are under way is not missing from them.
  for (std::string& id : conductor_.engine().KnownSandboxes()) pass->sandboxes_before.insert(std::move(id));
  for (std::string& id : conductor_.engine().KnownContainers()) pass->containers_before.insert(std::move(id));
  pass->done = [this, done = std::move(done)](bool ok) {
    running_ = false;
    if (stopped_) return;
    if (ok && !std::exchange(ready_, true)) {
      spdlog::info("runtime read: {} sandboxes, {} containers", conductor_.engine().KnownSandboxes().size(),
                   conductor_.engine().KnownContainers().size());
      ReleaseAll();
    }
    done(ok);
  };
  runtime_.ListPodSandbox(
      [this, pass](const grpc::Status& status, const runtime::v1::ListPodSandboxResponse& response) {
        if (!status.ok()) {
          pass->ok = false;
          return;
        }
        OnSandboxes(pass, response);
      });
}

void Reconciler::OnSandboxes(const std::shared_ptr<Pass>& pass,
                             const runtime::v1::ListPodSandboxResponse& response) {
  for (const runtime::v1::PodSandbox& sandbox : response.items()) {
    pass->sandboxes_before.erase(sandbox.id());
    if (conductor_.engine().KnowsSandbox(sandbox.id())) continue;
    const policy::SandboxSeen seen = ToSandboxSeen(sandbox);
    conductor_.Feed(seen);
    if (seen.ready) {
      // The pass lasts until the plan is there: decisions need it.
      plans_.WhenAnswered({seen.pod, seen.annotations}, kPlanPatience, [pass] {});
    }
  }
  for (const std::string& id : pass->sandboxes_before) OnSandboxGone(id);
  runtime_.ListContainers(
      [this, pass](const grpc::Status& status, const runtime::v1::ListContainersResponse& answer) {
        if (!status.ok()) {
          pass->ok = false;
          return;
        }
        OnContainers(pass, answer);
      });
}

void Reconciler::OnContainers(const std::shared_ptr<Pass>& pass,
                              const runtime::v1::ListContainersResponse& response) {
  for (const runtime::v1::Container& container : response.containers()) {
    pass->containers_before.erase(container.id());
    if (conductor_.engine().FindContainer(container.id()) != nullptr) {
      Compare(container);
    } else {
      Adopt(pass, container);
    }
  }
  for (const std::string& id : pass->containers_before) conductor_.Feed(policy::ContainerGone{id});
}

void Reconciler::OnList(const runtime::v1::ListContainersResponse& containers) {
  for (const runtime::v1::Container& container : containers.containers()) {
    if (conductor_.engine().FindContainer(container.id()) != nullptr) Compare(container);
  }
}

void Reconciler::Adopt(const std::shared_ptr<Pass>& pass, const runtime::v1::Container& container) {
  policy::ContainerSeen seen;
  seen.container = container.id();
  seen.sandbox = container.pod_sandbox_id();
  seen.name = container.metadata().name();
  seen.attempt = container.metadata().attempt();
  seen.grace_seconds = ReadGraceSeconds(container.annotations());
  seen.found = true;
  seen.state = ToRunState(container.state());
  seen.started = seen.state == policy::RunState::kRunning;

  const std::optional<policy::Stamp> stamp = policy::ReadStamp(ToAnnotations(container.annotations()));
  if (stamp) {
    seen.traits = stamp->traits;
    seen.by_shim = stamp->by_shim;
  }
  auto feed = [this, stamp](const policy::ContainerSeen& event) {
    conductor_.Feed(event);
    const policy::PodState* pod = conductor_.engine().PodOfContainer(event.container);
    if (stamp && stamp->plan && pod != nullptr) conductor_.Feed(policy::PlanLearnt{pod->ref, *stamp->plan});
  };
  if (stamp && seen.state != policy::RunState::kExited) {
    feed(seen);
    return;
  }
  runtime_.ContainerStatus(
      container.id(), /*verbose=*/!stamp,
      [pass, seen, feed, stamped = stamp.has_value()](
          const grpc::Status& status, const runtime::v1::ContainerStatusResponse& response) mutable {
        if (status.error_code() == grpc::StatusCode::NOT_FOUND) return;
        if (!status.ok()) {
          pass->ok = false;
          return;
        }
        const runtime::v1::ContainerStatus& container_status = response.status();
        seen.state = ToRunState(container_status.state());
        seen.started = container_status.started_at() > 0;
        seen.exit_code = container_status.exit_code();
        seen.finished_at = container_status.finished_at();
        if (!stamped) seen.traits = TraitsFromVerboseInfo(response);
        feed(seen);
      });
}

void Reconciler::Compare(const runtime::v1::Container& container) {
  const policy::ContainerRecord* record = conductor_.engine().FindContainer(container.id());
  if (container.state() == runtime::v1::CONTAINER_EXITED && record->state != policy::RunState::kExited) {
    AskForExit(container.id());
  } else if (container.state() == runtime::v1::CONTAINER_RUNNING &&
             record->state == policy::RunState::kCreated) {
    conductor_.Feed(policy::ContainerStarted{container.id()});
  }
}

void Reconciler::AskForExit(const std::string& id) {
  runtime_.ContainerStatus(
      id, /*verbose=*/false,
      [this](const grpc::Status& status, const runtime::v1::ContainerStatusResponse& response) {
        const runtime::v1::ContainerStatus& container = response.status();
        if (!status.ok() || container.state() != runtime::v1::CONTAINER_EXITED) return;
        if (container.started_at() > 0) conductor_.Feed(policy::ContainerStarted{container.id()});
        conductor_.Feed(
            policy::ContainerExited{container.id(), container.exit_code(), container.finished_at()});
      });
}

}  // namespace sidecar_shim
