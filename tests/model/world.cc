#include "tests/model/world.h"

#include <algorithm>
#include <variant>

#include "absl/strings/str_cat.h"

namespace sidecar_shim::model {

using policy::RestartPolicy;
using policy::RunState;

namespace {

// One call of kubelet at a time, so a create and a start never share an id.
constexpr policy::CallId kCreateCall = 1, kStartCall = 2;
constexpr int kStoppedCode = 143;

}  // namespace

std::string PodSetup::Name() const {
  std::string name = restart_policy == RestartPolicy::kNever ? "Never" : "OnFailure";
  for (const ModelContainer& container : containers) {
    absl::StrAppend(&name, " ", container.sidecar ? "sidecar" : "main", "(", container.priority, ")");
  }
  return absl::StrCat(name, launch_ahead ? " ahead" : "", probes ? " probed" : "");
}

std::string Step::Describe() const {
  static constexpr const char* kNames[] = {
      "kubelet looks",    "kubelet sends",     "forwarded call done",  "forwarded call fails",
      "launch call done", "launch call fails", "launch call reported", "exit",
      "exit reported",    "stop end reported", "stop fails",           "probe passes",
      "time passes",      "shim killed",       "sandbox lost"};
  return absl::StrCat(kNames[static_cast<int>(kind)], " ", static_cast<int>(subject), "/", code);
}

World::World(const PodSetup& setup) : setup_(&setup), engine_(policy::Options{}) {
  options_.launch_ahead = setup.launch_ahead;
  // The gates must open by themselves; a time limit would hide a deadlock.
  options_.launch_timeout = policy::Duration{0};
  launching_.resize(setup.containers.size() * (setup.sandbox_losses + 1));
  remembered_.assign(setup.containers.size(), -1);
  Rebuild();
}

// ---- steps ----

std::vector<uint8_t> World::LaunchesInFlight() const {
  std::vector<uint8_t> in_flight;
  for (uint8_t slot = 0; slot < launching_.size(); ++slot) {
    const Launching::Stage stage = launching_[slot].stage;
    if (stage == Launching::Stage::kCreating || stage == Launching::Stage::kStarting)
      in_flight.push_back(slot);
  }
  return in_flight;
}

std::vector<Step> World::Steps() const {
  using Kind = Step::Kind;
  std::vector<Step> steps;
  if (phase_ == Phase::kDone) return steps;
  const bool may_fail = runtime_failures_ < setup_->runtime_failures;
  const bool forwarded = phase_ == Phase::kCreating || phase_ == Phase::kStarting;
  if (phase_ == Phase::kIdle) steps.push_back({Kind::kLook});
  if (phase_ == Phase::kCreate || phase_ == Phase::kStart) steps.push_back({Kind::kSend});
  if (forwarded) steps.push_back({Kind::kForwarded});
  if (forwarded && may_fail) steps.push_back({Kind::kForwardedFails});
  for (uint8_t slot = 0; slot < launching_.size(); ++slot) {
    const Launching::Stage stage = launching_[slot].stage;
    if (stage == Launching::Stage::kCreated || stage == Launching::Stage::kStarted)
      steps.push_back({Kind::kLaunchReported, slot});
  }
  for (uint8_t slot : LaunchesInFlight()) {
    if (!SandboxDead(launching_[slot].sandbox)) steps.push_back({Kind::kLaunchDone, slot});
    if (may_fail || SandboxDead(launching_[slot].sandbox)) steps.push_back({Kind::kLaunchFails, slot});
  }
  for (uint8_t i = 0; i < instances_.size(); ++i) {
    const Instance& instance = instances_[i];
    const bool sidecar = setup_->containers[instance.name].sidecar;
    if (setup_->probes && instance.state == RunState::kRunning && !instance.ready)
      steps.push_back({Kind::kReady, i});
    if (instance.state == RunState::kRunning) {
      if (instance.stop == Stop::kSent) {
        steps.push_back({Kind::kExit, i, kStoppedCode});
        if (may_fail) steps.push_back({Kind::kStopFails, i});
      } else if (!sidecar) {
        steps.push_back({Kind::kExit, i, 0});
        if (main_failures_ < setup_->main_failures) steps.push_back({Kind::kExit, i, 1});
      }
      if (sidecar && sidecar_exits_ < setup_->sidecar_exits) {
        steps.push_back({Kind::kExit, i, 0});
        steps.push_back({Kind::kExit, i, 1});
      }
    }
    if (instance.state == RunState::kExited && !instance.exit_known)
      steps.push_back({Kind::kExitReported, i});
    if (instance.stop == Stop::kEnded) steps.push_back({Kind::kStopReported, i});
  }
  if (engine_.NextWakeup()) steps.push_back({Kind::kTick});
  if (setup_->kills) {
    const int calls = static_cast<int>(LaunchesInFlight().size()) + (forwarded ? 1 : 0);
    for (int mask = 0; mask < (1 << calls); ++mask) {
      if (lost_starts_ < setup_->lost_starts || !LosesStart(mask)) steps.push_back({Kind::kKill, 0, mask});
    }
  }
  if (sandbox_losses_ < setup_->sandbox_losses && !sandbox_lost_) steps.push_back({Kind::kSandboxLost});
  return steps;
}

void World::Take(const Step& step) {
  switch (step.kind) {
    case Step::Kind::kLook:
      Look();
      break;
    case Step::Kind::kSend:
      Send();
      break;
    case Step::Kind::kForwarded:
    case Step::Kind::kForwardedFails:
      Forwarded(step.kind == Step::Kind::kForwarded);
      break;
    case Step::Kind::kLaunchDone:
      LaunchDone(step.subject);
      break;
    case Step::Kind::kLaunchFails:
      if (!SandboxDead(launching_[step.subject].sandbox)) ++runtime_failures_;
      LaunchFails(step.subject);
      break;
    case Step::Kind::kLaunchReported:
      LaunchReported(step.subject);
      break;
    case Step::Kind::kReady:
      instances_[step.subject].ready = true;
      Post(policy::ContainerReady{IdOf(step.subject)});
      break;
    case Step::Kind::kExit: {
      Instance& instance = instances_[step.subject];
      if (!setup_->containers[instance.name].sidecar) {
        main_failures_ += step.code != 0;
      } else if (step.code != kStoppedCode) {
        ++sidecar_exits_;
      }
      Exit(step.subject, step.code);
      break;
    }
    case Step::Kind::kExitReported: {
      Instance& instance = instances_[step.subject];
      instance.exit_known = true;
      Post(policy::ContainerExited{IdOf(step.subject), instance.exit_code, NthExit(instance.finished_at)});
      break;
    }
    case Step::Kind::kStopReported:
      instances_[step.subject].stop = Stop::kNone;
      Post(policy::SidecarStopEnded{IdOf(step.subject), true, true});
      break;
    case Step::Kind::kStopFails:
      ++runtime_failures_;
      instances_[step.subject].stop = Stop::kNone;
      Post(policy::SidecarStopEnded{IdOf(step.subject), false, false});
      break;
    case Step::Kind::kTick:
      now_ = std::max(now_, *engine_.NextWakeup());
      Post(policy::Tick{});
      break;
    case Step::Kind::kKill:
      Kill(step.code);
      break;
    case Step::Kind::kSandboxLost:
      ++sandbox_losses_;
      LoseSandbox();
      break;
  }
  if (setup_->coarse) ReportAll();
}

// ---- kubelet ----

void World::Look() {
  ReportAll();
  const std::set<policy::ContainerId> hidden = engine_.Hidden();
  todo_.clear();
  position_ = 0;
  bool running = false, anything = false;
  for (uint8_t name = 0; name < setup_->containers.size(); ++name) {
    int newest = -1;
    for (size_t i = 0; i < instances_.size(); ++i) {
      const Instance& instance = instances_[i];
      if (instance.name != name || hidden.contains(IdOf(i))) continue;
      if (instance.by_shim && instance.state == RunState::kCreated && !instance.start_failed)
        Violate("a launched container is shown as CREATED");
      newest = i;
    }
    if (newest < 0) {
      todo_.emplace_back(name, 0);
      continue;
    }
    anything = true;
    const Instance& instance = instances_[newest];
    if (instance.state == RunState::kRunning) {
      running = true;
      continue;
    }
    const int code = instance.state == RunState::kExited ? Reported(newest) : -1;
    const bool final =
        instance.state == RunState::kExited && (setup_->restart_policy == RestartPolicy::kNever || code == 0);
    if (!final) todo_.emplace_back(name, static_cast<uint8_t>(instance.attempt + 1));
  }
  if (sandbox_lost_ && setup_->restart_policy == RestartPolicy::kNever && anything) {
    phase_ = Phase::kDone;  // kubelet makes no second sandbox for such a pod
    return;
  }
  if (todo_.empty()) {
    if (!running) phase_ = Phase::kDone;
    return;
  }
  if (sandbox_lost_) {
    Post(policy::SandboxStopping{Sandbox(sandbox_)});
    sandbox_lost_ = false;
    ++sandbox_;
    Post(policy::SandboxSeen{Pod(), Sandbox(sandbox_), {}, false, true});
  }
  phase_ = Phase::kCreate;
}

void World::Send() {
  if (phase_ == Phase::kCreate) {
    const auto [name, attempt] = todo_[position_];
    phase_ = Phase::kCreatePending;
    policy::CreateRequested request;
    request.call = kCreateCall;
    request.sandbox = Sandbox(sandbox_);
    request.name = NameOf(name);
    request.attempt = attempt;
    request.traits.priority = {policy::Priority::Kind::kValue, setup_->containers[name].priority, {}};
    request.traits.sidecar = setup_->containers[name].sidecar;
    Post(request);
  } else {
    phase_ = Phase::kStartPending;
    Post(policy::StartRequested{kStartCall, IdOf(instance_), now_ + std::chrono::minutes(2)});
  }
}

void World::NextInPass() {
  phase_ = ++position_ < todo_.size() ? Phase::kCreate : Phase::kIdle;
  if (phase_ == Phase::kIdle) {
    todo_.clear();
    position_ = 0;
  }
}

void World::Forwarded(bool works) {
  if (!works) ++runtime_failures_;
  // The runtime starts nothing that has ended (here: whose start failed) and nothing in a dead sandbox.
  const bool ended = phase_ == Phase::kStarting && instances_[instance_].state != RunState::kCreated;
  if (ended || SandboxDead(sandbox_)) works = false;
  if (phase_ == Phase::kCreating) {
    const auto [name, attempt] = todo_[position_];
    const int created = works ? CreateInstance(name, attempt, /*by_shim=*/false) : -1;
    if (created < 0) {
      NextInPass();
      Post(policy::CreateFailed{Sandbox(sandbox_), NameOf(name), false});
      return;
    }
    instance_ = created;
    phase_ = Phase::kStart;
    Post(Describe(created, /*found=*/false));
    return;
  }
  if (works) StartInstance(instance_);
  if (!works) instances_[instance_].start_failed = true;
  NextInPass();
  if (works) {
    Post(policy::ContainerStarted{IdOf(instance_)});
  } else {
    Post(policy::StartFailed{IdOf(instance_), "injected"});
  }
}

}  // namespace sidecar_shim::model
