// The shim's half of World: executes the engine's actions, and can be killed.
#include <algorithm>
#include <variant>

#include "tests/model/world.h"

namespace sidecar_shim::model {

using policy::RunState;

namespace {

constexpr int kStartErrorCode = 128;

}  // namespace

void World::Post(const policy::Event& event) {
  const policy::Actions actions = engine_.OnEvent(event, now_);
  if (const std::string broken = engine_.CheckInvariants(); !broken.empty()) Violate(broken);
  invariant_checks.fetch_add(1, std::memory_order_relaxed);
  Execute(actions);
}

void World::Execute(const policy::Actions& actions) {
  for (const policy::Action& action : actions) {
    if (std::holds_alternative<policy::AdmitCreate>(action)) {
      if (phase_ != Phase::kCreatePending) return Violate("a create is answered twice");
      phase_ = Phase::kCreating;
    } else if (const auto* refuse = std::get_if<policy::RefuseCreate>(&action)) {
      if (phase_ != Phase::kCreatePending) return Violate("a create is answered twice");
      remembered_[todo_[position_].first] = refuse->remember ? todo_[position_].second : -1;
      NextInPass();
    } else if (const auto* answer = std::get_if<policy::AnswerCreate>(&action)) {
      if (phase_ != Phase::kCreatePending) return Violate("a create is answered twice");
      instance_ = IndexOf(answer->container);
      phase_ = Phase::kStart;
    } else if (std::holds_alternative<policy::ForwardStart>(action)) {
      if (phase_ != Phase::kStartPending) return Violate("a start is answered twice");
      phase_ = Phase::kStarting;
    } else if (std::holds_alternative<policy::AnswerStart>(action)) {
      if (phase_ != Phase::kStartPending) return Violate("a start is answered twice");
      if (!instances_[instance_].started) return Violate("a start is answered that never happened");
      NextInPass();
    } else if (std::holds_alternative<policy::FailStart>(action)) {
      if (phase_ != Phase::kStartPending) return Violate("a start is answered twice");
      NextInPass();
    } else if (const auto* launch = std::get_if<policy::Launch>(&action)) {
      const uint8_t name = launch->name[0] - 'a';
      if (remembered_[name] < 0) return Violate("a launch without a remembered request");
      Launching& launching = launching_[SlotOf(name, sandbox_)];
      if (launching.stage != Launching::Stage::kNone) return Violate("two launches at once");
      launching = {Launching::Stage::kCreating, 0, sandbox_, static_cast<uint8_t>(remembered_[name])};
      remembered_[name] = -1;
    } else if (const auto* resume = std::get_if<policy::ResumeLaunch>(&action)) {
      if (resume->started) continue;
      const uint8_t index = IndexOf(resume->container);
      launching_[SlotOf(instances_[index].name, instances_[index].sandbox)] = {
          Launching::Stage::kStarting, index, instances_[index].sandbox, 0};
    } else if (const auto* forget = std::get_if<policy::Forget>(&action)) {
      remembered_[forget->name[0] - 'a'] = -1;
    } else if (const auto* stop = std::get_if<policy::StopSidecar>(&action)) {
      const int index = IndexOf(stop->container);
      CheckStop(index);
      if (instances_[index].state == RunState::kRunning) instances_[index].stop = Stop::kSent;
      if (instances_[index].state == RunState::kExited) instances_[index].stop = Stop::kEnded;
    }
  }
}

void World::ReportAll() {
  for (uint8_t slot = 0; slot < launching_.size(); ++slot) {
    // A List answer shows a launched container before its create is answered.
    if (launching_[slot].stage == Launching::Stage::kCreated)
      Post(Describe(launching_[slot].instance, /*found=*/false));
    if (setup_->coarse && (launching_[slot].stage == Launching::Stage::kCreated ||
                           launching_[slot].stage == Launching::Stage::kStarted)) {
      LaunchReported(slot);
    }
  }
  for (uint8_t i = 0; i < instances_.size(); ++i) {
    if (instances_[i].state == RunState::kExited && !instances_[i].exit_known)
      Take({Step::Kind::kExitReported, i});
    if (setup_->coarse && instances_[i].stop == Stop::kEnded) Take({Step::Kind::kStopReported, i});
  }
}

void World::LaunchDone(uint8_t slot) {
  Launching& launch = launching_[slot];
  if (launch.stage == Launching::Stage::kCreating) {
    const int created = CreateInstance(NameIn(slot), launch.attempt, /*by_shim=*/true);
    if (created < 0) return LaunchFails(slot);
    launch.instance = created;
    launch.stage = Launching::Stage::kCreated;
  } else {
    StartInstance(launch.instance);
    launch.stage = Launching::Stage::kStarted;
  }
}

void World::LaunchFails(uint8_t slot) {
  const Launching launch = launching_[slot];
  launching_[slot] = {};
  if (launch.stage == Launching::Stage::kCreating) {
    Post(policy::CreateFailed{Sandbox(launch.sandbox), NameOf(NameIn(slot)), true});
    return;
  }
  // As containerd does: a container whose start failed has ended with 128.
  instances_[launch.instance].start_failed = true;
  Exit(launch.instance, kStartErrorCode);
  Post(policy::StartFailed{IdOf(launch.instance), "injected"});
}

void World::LaunchReported(uint8_t slot) {
  Launching& launch = launching_[slot];
  const uint8_t instance = launch.instance;
  if (launch.stage == Launching::Stage::kCreated) {
    launch.stage = Launching::Stage::kStarting;
    Post(Describe(instance, /*found=*/false));
  } else {
    launch = {};
    Post(policy::ContainerStarted{IdOf(instance)});
  }
}

// Would a kill now leave a container that kubelet has created and not started?
bool World::LosesStart(int done_mask) const {
  const bool done = (done_mask >> LaunchesInFlight().size() & 1) != 0;
  if (phase_ == Phase::kCreating) return done && !SandboxDead(sandbox_);
  return (phase_ == Phase::kStartPending || (phase_ == Phase::kStarting && !done)) &&
         !instances_[instance_].started;
}

void World::Kill(int done_mask) {
  lost_starts_ += LosesStart(done_mask);
  // The calls in flight are executed nevertheless, or lost; kubelet sees errors.
  int bit = 0;
  for (uint8_t slot : LaunchesInFlight()) {
    const Launching launch = launching_[slot];
    if ((done_mask >> bit++ & 1) == 0 || SandboxDead(launch.sandbox)) continue;
    if (launch.stage == Launching::Stage::kCreating) CreateInstance(NameIn(slot), launch.attempt, true);
    if (launch.stage == Launching::Stage::kStarting &&
        instances_[launch.instance].state == RunState::kCreated)
      StartInstance(launch.instance);
  }
  if ((done_mask >> bit & 1) != 0 && !SandboxDead(sandbox_)) {
    if (phase_ == Phase::kCreating) CreateInstance(todo_[position_].first, todo_[position_].second, false);
    if (phase_ == Phase::kStarting && instances_[instance_].state == RunState::kCreated)
      StartInstance(instance_);
  }
  if (phase_ != Phase::kIdle && phase_ != Phase::kCreate && phase_ != Phase::kStart) NextInPass();
  Rebuild();
}

void World::Rebuild() {
  engine_ = policy::Engine(options_);
  now_ = policy::Time{};
  std::fill(launching_.begin(), launching_.end(), Launching{});
  std::fill(remembered_.begin(), remembered_.end(), -1);
  for (uint8_t i = 0; i <= sandbox_; ++i)
    Post(policy::SandboxSeen{Pod(), Sandbox(i), {}, false, !SandboxDead(i)});
  policy::PodSpec spec;
  spec.source = "model";
  spec.restart_policy = setup_->restart_policy;
  for (uint8_t name = 0; name < setup_->containers.size(); ++name) {
    policy::ContainerSpec container;
    container.name = NameOf(name);
    container.traits.priority = {policy::Priority::Kind::kValue, setup_->containers[name].priority, {}};
    container.traits.sidecar = setup_->containers[name].sidecar;
    container.post_start = policy::TriState::kNo;
    if (setup_->probes) container.readiness_probe = policy::ProbeSpec{};
    spec.containers.push_back(container);
  }
  Post(policy::SpecReceived{Pod(), spec});
  for (size_t i = 0; i < instances_.size(); ++i) {
    instances_[i].stop = Stop::kNone;
    instances_[i].exit_known = instances_[i].state == RunState::kExited;
  }
  for (size_t i = 0; i < instances_.size(); ++i) Post(Describe(i, /*found=*/true));
  // A spec source reports readiness again.
  for (size_t i = 0; i < instances_.size(); ++i) {
    if (instances_[i].ready && instances_[i].state == RunState::kRunning)
      Post(policy::ContainerReady{IdOf(i)});
  }
}

}  // namespace sidecar_shim::model
