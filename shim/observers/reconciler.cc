#include "shim/observers/reconciler.h"

#include <spdlog/spdlog.h>

#include <algorithm>
#include <chrono>
#include <set>
#include <utility>

#include "shim/cri/convert.h"

namespace sidecar_shim {
namespace {

constexpr Duration kIdlePeriod = std::chrono::seconds(30);
constexpr Duration kPollPeriod = std::chrono::seconds(1);
constexpr Duration kRetryPeriod = std::chrono::milliseconds(300);
// How long callers wait for the first pass, in all. kubelet considers a runtime
// dead that is slow for minutes.
constexpr Duration kLongestWaitForPass = std::chrono::seconds(15);
// How long a pass waits for the specs of pods found at start.
constexpr Duration kSpecTimeout = std::chrono::seconds(1);

}  // namespace

// One reading of the runtime. Ends when the last call that holds it has ended.
struct Reconciler::Pass {
  ~Pass() { on_end(*this); }
  std::function<void(Pass&)> on_end;
  std::function<void(bool)> done;
  bool ok = true;
  // What the policy knew at the beginning and the lists do not have.
  std::set<policy::SandboxId> missing_sandboxes;
  std::set<policy::ContainerId> missing_containers;
  std::vector<FoundContainer> found;
};

void Reconciler::Start(std::function<void(bool ok)> done) {
  StartPass([this, done = std::move(done)](bool ok) {
    if (done) done(ok);
    Schedule();
  });
}

void Reconciler::WhenReady(Duration timeout, std::function<void()> then) {
  if (!IsPending()) {
    then();
    return;
  }
  waiting_.Add(std::move(then), timeout, [](const std::function<void()>& late) { late(); });
}

void Reconciler::ReleaseAll() {
  for (const std::function<void()>& then : waiting_.TakeAll()) then();
}

void Reconciler::OnRuntimeAnswers() {
  if (ready_ || stopped_) return;
  answered_since_ = loop_.Now();
  if (!running_) RequestPass();
}

bool Reconciler::IsPending() const {
  return !ready_ && !stopped_ && (!answered_since_ || loop_.Now() < *answered_since_ + kLongestWaitForPass);
}

void Reconciler::RequestPass() {
  if (running_) {
    again_ = true;
    return;
  }
  StartPass([this](bool) { Schedule(); });
}

void Reconciler::SetEventsFlow(bool flow) {
  if (events_flow_ == flow) return;
  events_flow_ = flow;
  if (!running_) Schedule();
}

void Reconciler::OnSandboxGone(const policy::SandboxId& sandbox) {
  const policy::PodState* state = driver_.engine().FindPodOfSandbox(sandbox);
  if (state == nullptr) return;
  const policy::PodRef pod = state->ref;
  driver_.Post(policy::SandboxGone{sandbox});
  if (driver_.engine().FindPod(pod) == nullptr) specs_.Forget(pod);
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
  timer_.Start(loop_.Now() + pause, [this] {
    // While no sidecar waits for the end of its pod's main containers, no exit
    // matters.
    if (ready_ && !events_flow_ && !driver_.engine().HasRunningSidecars()) {
      Schedule();
      return;
    }
    RequestPass();
  });
}

void Reconciler::StartPass(std::function<void(bool ok)> done) {
  running_ = true;
  auto pass = std::make_shared<Pass>();
  pass->done = std::move(done);
  pass->on_end = lifetime_.Guard([this](Pass& ended) { OnPassEnd(ended); });
  // A container that is created after the lists were sent is not missing
  // from them.
  for (policy::SandboxId& id : driver_.engine().KnownSandboxes())
    pass->missing_sandboxes.insert(std::move(id));
  for (policy::ContainerId& id : driver_.engine().KnownContainers())
    pass->missing_containers.insert(std::move(id));
  runtime_.ListPodSandbox(
      [this, pass](const grpc::Status& status, const runtime::v1::ListPodSandboxResponse& response) {
        if (!status.ok()) {
          pass->ok = false;
          return;
        }
        OnSandboxes(pass, response);
      });
}

void Reconciler::OnPassEnd(Pass& pass) {
  running_ = false;
  if (stopped_) return;
  PublishFound(std::move(pass.found));
  if (pass.ok && !std::exchange(ready_, true)) {
    spdlog::info("runtime read: {} sandboxes, {} containers", driver_.engine().KnownSandboxes().size(),
                 driver_.engine().KnownContainers().size());
    ReleaseAll();
  }
  pass.done(pass.ok);
}

void Reconciler::OnSandboxes(const std::shared_ptr<Pass>& pass,
                             const runtime::v1::ListPodSandboxResponse& response) {
  std::vector<const runtime::v1::PodSandbox*> oldest_first;
  for (const runtime::v1::PodSandbox& sandbox : response.items()) {
    const policy::SandboxId id(sandbox.id());
    pass->missing_sandboxes.erase(id);
    if (!driver_.engine().KnowsSandbox(id)) oldest_first.push_back(&sandbox);
  }
  std::sort(oldest_first.begin(), oldest_first.end(),
            [](const auto* a, const auto* b) { return a->created_at() < b->created_at(); });
  for (const runtime::v1::PodSandbox* sandbox : oldest_first) {
    const policy::SandboxSeen seen = ToSandboxSeen(*sandbox);
    driver_.Post(seen);
    if (seen.ready) {
      // The pass lasts until the spec is known: decisions need it.
      specs_.WhenResolved({seen.pod, seen.annotations}, kSpecTimeout, [pass] {});
    }
  }
  for (const policy::SandboxId& id : pass->missing_sandboxes) OnSandboxGone(id);
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
    const policy::ContainerId id(container.id());
    pass->missing_containers.erase(id);
    if (driver_.engine().FindContainer(id) != nullptr) {
      Compare(container);
    } else {
      Adopt(pass, container);
    }
  }
  for (const policy::ContainerId& id : pass->missing_containers) driver_.Post(policy::ContainerGone{id});
}

void Reconciler::OnList(const runtime::v1::ListContainersResponse& containers) {
  for (const runtime::v1::Container& container : containers.containers()) {
    if (driver_.engine().FindContainer(policy::ContainerId(container.id())) != nullptr) Compare(container);
  }
}

void Reconciler::Adopt(const std::shared_ptr<Pass>& pass, const runtime::v1::Container& container) {
  FoundContainer found;
  found.created_at = container.created_at();
  policy::ContainerSeen& seen = found.seen;
  seen.container = policy::ContainerId(container.id());
  seen.sandbox = policy::SandboxId(container.pod_sandbox_id());
  seen.name = container.metadata().name();
  seen.attempt = container.metadata().attempt();
  ReadStopSettings(container.annotations(), seen);
  seen.found = true;
  seen.state = ToRunState(container.state());
  seen.started = seen.state == policy::RunState::kRunning;

  ReadStamp(container, found);
  if (found.stamp && seen.state != policy::RunState::kExited) {
    pass->found.push_back(std::move(found));
    return;
  }
  runtime_.ContainerStatus(found.seen.container, /*verbose=*/!found.stamp,
                           [this, pass, found](const grpc::Status& status,
                                               const runtime::v1::ContainerStatusResponse& response) mutable {
                             if (status.error_code() == grpc::StatusCode::NOT_FOUND) return;
                             if (!status.ok()) {
                               pass->ok = false;
                               return;
                             }
                             AddStatus(response, loop_.WallNow(), found);
                             pass->found.push_back(std::move(found));
                           });
}

void Reconciler::PublishFound(std::vector<FoundContainer> found) {
  SortForPolicy(found);
  for (const FoundContainer& container : found) {
    if (driver_.engine().FindContainer(container.seen.container) != nullptr) continue;
    driver_.Post(container.seen);
    const policy::PodState* pod = driver_.engine().PodOfContainer(container.seen.container);
    if (container.stamp && container.stamp->spec && pod != nullptr) {
      driver_.Post(policy::SpecReceived{pod->ref, *container.stamp->spec});
    }
    // The policy ignores the readiness of containers that it does not know.
    if (pod != nullptr) specs_.Publish(pod->ref);
  }
}

void Reconciler::Compare(const runtime::v1::Container& container) {
  const policy::ContainerRecord* record = driver_.engine().FindContainer(policy::ContainerId(container.id()));
  if (container.state() == runtime::v1::CONTAINER_EXITED && record->state != policy::RunState::kExited) {
    FetchExit(policy::ContainerId(container.id()));
  } else if (container.state() == runtime::v1::CONTAINER_RUNNING &&
             record->state == policy::RunState::kCreated) {
    driver_.Post(policy::ContainerStarted{policy::ContainerId(container.id())});
  }
}

void Reconciler::FetchExit(const policy::ContainerId& id) {
  runtime_.ContainerStatus(
      id, /*verbose=*/false,
      [this](const grpc::Status& status, const runtime::v1::ContainerStatusResponse& response) {
        const runtime::v1::ContainerStatus& container = response.status();
        if (!status.ok() || container.state() != runtime::v1::CONTAINER_EXITED) return;
        if (container.started_at() > 0)
          driver_.Post(policy::ContainerStarted{policy::ContainerId(container.id())});
        driver_.Post(ToContainerExited(container));
      });
}

}  // namespace sidecar_shim
