#include "shim/observers/reconciler.h"

#include <spdlog/spdlog.h>

#include <algorithm>
#include <chrono>
#include <cstdint>
#include <map>
#include <set>
#include <utility>

#include "absl/status/statusor.h"
#include "shim/cri/convert.h"
#include "shim/cri/verbose_info.h"
#include "shim/specs/stamp_codec.h"

namespace sidecar_shim {
namespace {

constexpr Duration kIdlePeriod = std::chrono::seconds(30);
constexpr Duration kPollPeriod = std::chrono::seconds(1);
constexpr Duration kRetryPeriod = std::chrono::milliseconds(300);
// How long answers wait for the first reading, in all. kubelet takes a runtime
// that is slow for minutes for dead.
constexpr Duration kLongestAwaited = std::chrono::seconds(15);
// How long the specs of pods found at start are waited for.
constexpr Duration kSpecTimeout = std::chrono::seconds(1);

Duration SinceRuntimeTime(policy::RuntimeTime time) {
  const Duration now = std::chrono::system_clock::now().time_since_epoch();
  return std::max(now - time.time_since_epoch(), Duration{0});
}

// "namespace/name" of its pod, by kubelet's labels.
std::string DescribePodOf(const runtime::v1::Container& container) {
  auto label = [&container](const char* key) {
    auto it = container.labels().find(key);
    return it == container.labels().end() ? std::string() : it->second;
  };
  return label("io.kubernetes.pod.namespace") + "/" + label("io.kubernetes.pod.name");
}

}  // namespace

// A container that the shim has not met yet.
struct Reconciler::Found {
  int64_t created_at = 0;
  policy::ContainerSeen seen;
  std::optional<policy::Stamp> stamp;
};

// One reading of the runtime. `done` runs when the last holder lets go.
struct Reconciler::Pass {
  std::function<void(bool)> done;
  bool ok = true;
  std::set<policy::SandboxId> sandboxes_before;
  std::set<policy::ContainerId> containers_before;
  std::vector<Found> found;
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
  if (!IsPending()) {
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
  if (!running_) RequestPass();
}

bool Reconciler::IsPending() const {
  return !ready_ && !stopped_ && (!answered_since_ || Loop::Now() < *answered_since_ + kLongestAwaited);
}

void Reconciler::RequestPass() {
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
  timer_.Start(Loop::Now() + pause, [this] {
    // Without a sidecar that waits for its main, polling would tell nothing new.
    if (ready_ && !events_flow_ && !driver_.engine().HasRunningSidecars()) {
      Schedule();
      return;
    }
    RequestPass();
  });
}

void Reconciler::Run(std::function<void(bool ok)> done) {
  running_ = true;
  auto pass = std::make_shared<Pass>();
  // What is made while the lists are under way is not missing from them.
  for (policy::SandboxId& id : driver_.engine().KnownSandboxes())
    pass->sandboxes_before.insert(std::move(id));
  for (policy::ContainerId& id : driver_.engine().KnownContainers())
    pass->containers_before.insert(std::move(id));
  pass->done = [this, raw = pass.get(), done = std::move(done)](bool ok) {
    running_ = false;
    if (stopped_) return;
    PublishFound(raw->found);
    if (ok && !std::exchange(ready_, true)) {
      spdlog::info("runtime read: {} sandboxes, {} containers", driver_.engine().KnownSandboxes().size(),
                   driver_.engine().KnownContainers().size());
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
  std::vector<const runtime::v1::PodSandbox*> oldest_first;
  for (const runtime::v1::PodSandbox& sandbox : response.items()) {
    const policy::SandboxId id(sandbox.id());
    pass->sandboxes_before.erase(id);
    if (!driver_.engine().KnowsSandbox(id)) oldest_first.push_back(&sandbox);
  }
  std::sort(oldest_first.begin(), oldest_first.end(),
            [](const auto* a, const auto* b) { return a->created_at() < b->created_at(); });
  for (const runtime::v1::PodSandbox* sandbox : oldest_first) {
    const policy::SandboxSeen seen = ToSandboxSeen(*sandbox);
    driver_.Post(seen);
    if (seen.ready) {
      // The pass lasts until the spec is there: decisions need it.
      specs_.WhenResolved({seen.pod, seen.annotations}, kSpecTimeout, [pass] {});
    }
  }
  for (const policy::SandboxId& id : pass->sandboxes_before) OnSandboxGone(id);
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
    pass->containers_before.erase(id);
    if (driver_.engine().FindContainer(id) != nullptr) {
      Compare(container);
    } else {
      Adopt(pass, container);
    }
  }
  for (const policy::ContainerId& id : pass->containers_before) driver_.Post(policy::ContainerGone{id});
}

void Reconciler::OnList(const runtime::v1::ListContainersResponse& containers) {
  for (const runtime::v1::Container& container : containers.containers()) {
    if (driver_.engine().FindContainer(policy::ContainerId(container.id())) != nullptr) Compare(container);
  }
}

void Reconciler::Adopt(const std::shared_ptr<Pass>& pass, const runtime::v1::Container& container) {
  Found found;
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

  absl::StatusOr<std::optional<policy::Stamp>> stamp = DecodeStamp(ToAnnotations(container.annotations()));
  if (stamp.ok()) {
    found.stamp = *std::move(stamp);
  } else {
    spdlog::warn("pod={} container={}: {}; its envs are read from the runtime instead",
                 DescribePodOf(container), container.metadata().name(), std::string(stamp.status().message()));
  }
  if (found.stamp) {
    seen.traits = found.stamp->traits;
    seen.by_shim = found.stamp->by_shim;
  }
  if (found.stamp && seen.state != policy::RunState::kExited) {
    pass->found.push_back(std::move(found));
    return;
  }
  runtime_.ContainerStatus(found.seen.container, /*verbose=*/!found.stamp,
                           [pass, found](const grpc::Status& status,
                                         const runtime::v1::ContainerStatusResponse& response) mutable {
                             if (status.error_code() == grpc::StatusCode::NOT_FOUND) return;
                             if (!status.ok()) {
                               pass->ok = false;
                               return;
                             }
                             const runtime::v1::ContainerStatus& container_status = response.status();
                             policy::ContainerSeen& event = found.seen;
                             event.state = ToRunState(container_status.state());
                             event.started = container_status.started_at() > 0;
                             event.exit_code = container_status.exit_code();
                             event.finished_at = ToRuntimeTime(container_status.finished_at());
                             if (event.finished_at != policy::kNoTime)
                               event.exited_ago = SinceRuntimeTime(event.finished_at);
                             if (!found.stamp) event.traits = TraitsFromVerboseInfo(response);
                             pass->found.push_back(std::move(found));
                           });
}

void Reconciler::PublishFound(std::vector<Found>& found) {
  // The policy takes the last one of a name that it is told of for the newest.
  std::stable_sort(found.begin(), found.end(),
                   [](const Found& a, const Found& b) { return a.created_at < b.created_at; });
  // What has a later attempt comes after it.
  using Place = std::pair<policy::SandboxId, std::string>;
  std::map<Place, uint32_t> latest;
  for (const Found& container : found) {
    uint32_t& attempt = latest[{container.seen.sandbox, container.seen.name}];
    attempt = std::max(attempt, container.seen.attempt);
  }
  std::stable_partition(found.begin(), found.end(), [&latest](const Found& container) {
    return container.seen.attempt == latest.at({container.seen.sandbox, container.seen.name});
  });
  for (const Found& container : found) {
    if (driver_.engine().FindContainer(container.seen.container) != nullptr) continue;
    driver_.Post(container.seen);
    const policy::PodState* pod = driver_.engine().PodOfContainer(container.seen.container);
    if (container.stamp && container.stamp->spec && pod != nullptr) {
      driver_.Post(policy::SpecReceived{pod->ref, *container.stamp->spec});
    }
    // Of a container's readiness the policy takes notice only now.
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
