// The runtime's half of World, what is true of it, and its key.
#include <algorithm>
#include <map>

#include "absl/strings/str_cat.h"
#include "tests/model/world.h"

namespace sidecar_shim::model {

using policy::RestartPolicy;
using policy::RunState;

int World::CreateInstance(uint8_t name, uint8_t attempt, bool by_shim) {
  for (const Instance& instance : instances_) {
    // The runtime reserves names; sandboxes have names of their own.
    if (instance.name == name && instance.attempt == attempt && instance.sandbox == sandbox_) return -1;
  }
  Instance instance;
  instance.name = name;
  instance.attempt = attempt;
  instance.sandbox = sandbox_;
  instance.by_shim = by_shim;
  instances_.push_back(instance);
  return static_cast<int>(instances_.size()) - 1;
}

void World::StartInstance(int index) {
  CheckStart(index);
  instances_[index].state = RunState::kRunning;
  instances_[index].started = true;
}

void World::Exit(int index, int code) {
  Instance& instance = instances_[index];
  instance.state = RunState::kExited;
  instance.exit_code = static_cast<int16_t>(code);
  instance.finished_at = ++exits_;
  instance.exit_known = false;
  if (instance.stop == Stop::kSent) instance.stop = Stop::kEnded;
}

void World::LoseSandbox() {
  sandbox_lost_ = true;
  for (size_t i = 0; i < instances_.size(); ++i) {
    if (instances_[i].sandbox == sandbox_ && instances_[i].state == RunState::kRunning) Exit(i, 137);
  }
}

int World::Newest(uint8_t name) const {
  for (int i = static_cast<int>(instances_.size()) - 1; i >= 0; --i) {
    if (instances_[i].name == name) return i;
  }
  return -1;
}

bool World::Ran(uint8_t name, uint8_t sandbox) const {
  return std::any_of(instances_.begin(), instances_.end(), [&](const Instance& instance) {
    return instance.name == name && instance.sandbox == sandbox && instance.started;
  });
}

bool World::WasUp(uint8_t name, uint8_t sandbox) const {
  return std::any_of(instances_.begin(), instances_.end(), [&](const Instance& instance) {
    return instance.name == name && instance.sandbox == sandbox && instance.started &&
           (!setup_->probes || instance.ready || instance.state == RunState::kExited);
  });
}

bool World::Complete(uint8_t* at) const {
  bool any_main = false, any_sidecar = false;
  *at = 0;
  for (uint8_t name = 0; name < setup_->containers.size(); ++name) {
    if (setup_->containers[name].sidecar) {
      any_sidecar = true;
      continue;
    }
    any_main = true;
    const int newest = Newest(name);
    if (newest < 0 || instances_[newest].state != RunState::kExited) return false;
    if (setup_->restart_policy == RestartPolicy::kOnFailure && instances_[newest].exit_code != 0)
      return false;
    *at = std::max(*at, instances_[newest].finished_at);
  }
  return any_main && any_sidecar;
}

int World::Reported(int index) {
  const Instance& instance = instances_[index];
  const bool masked = engine_.IsMasked(IdOf(index), NthExit(instance.finished_at), now_);
  uint8_t at = 0;
  const bool complete = Complete(&at);
  const bool flagged = setup_->containers[instance.name].sidecar;
  if (masked != (flagged && complete && instance.finished_at >= at)) {
    Violate(masked ? "an exit is reported as success that must not be"
                   : "the exit of a sidecar of a finished job is reported unmasked");
  }
  return masked ? 0 : instance.exit_code;
}

void World::CheckStart(int index) {
  const Instance& self = instances_[index];
  if (self.started) Violate("a container is started twice");
  for (size_t i = 0; i < instances_.size(); ++i) {
    const Instance& other = instances_[i];
    if (other.name != self.name || static_cast<int>(i) == index) continue;
    if (other.state == RunState::kRunning) Violate("two containers of one name run");
    if (other.started && other.state == RunState::kExited &&
        (setup_->restart_policy == RestartPolicy::kNever || other.exit_code == 0)) {
      Violate("a finished container is run again");
    }
  }
  if (Ran(self.name, self.sandbox)) return;  // a restart is not ordered
  // Nor are sidecars that only restart because a finished job lost its sandbox.
  uint8_t at = 0;
  if (self.sandbox > 0 && Complete(&at)) return;
  for (uint8_t other = 0; other < setup_->containers.size(); ++other) {
    if (setup_->containers[other].priority <= setup_->containers[self.name].priority) continue;
    if (WasUp(other, self.sandbox)) continue;
    // It completed before the sandbox was replaced and will not restart.
    const int newest = Newest(other);
    const bool finished = newest >= 0 && instances_[newest].state == RunState::kExited &&
                          (setup_->restart_policy == RestartPolicy::kNever || Reported(newest) == 0);
    if (!finished) Violate("a container starts before a higher priority");
  }
}

void World::CheckStop(int index) {
  const Instance& self = instances_[index];
  uint8_t at = 0;
  if (!setup_->containers[self.name].sidecar) Violate("a main container is stopped");
  if (!Complete(&at)) Violate("a sidecar is stopped although the job has not finished");
  if (self.state == RunState::kRunning && self.stop != Stop::kNone) Violate("a sidecar is stopped twice");
  for (size_t i = 0; i < instances_.size(); ++i) {
    const ModelContainer& other = setup_->containers[instances_[i].name];
    const policy::ContainerRecord* known = engine_.FindContainer(IdOf(i));
    if (other.sidecar && other.priority < setup_->containers[self.name].priority && known != nullptr &&
        known->state == RunState::kRunning) {
      Violate("a sidecar is stopped before one of lower priority has ended");
    }
  }
}

void World::Violate(const std::string& what) {
  if (violation_.empty()) violation_ = what;
}

policy::SandboxId World::Sandbox(uint8_t index) const {
  return policy::SandboxId(absl::StrCat("s", static_cast<int>(index)));
}

policy::ContainerId World::IdOf(int index) const {
  const Instance& instance = instances_[index];
  return policy::ContainerId(std::string{static_cast<char>('a' + instance.name),
                                         static_cast<char>('0' + instance.attempt),
                                         static_cast<char>('0' + instance.sandbox)});
}

int World::IndexOf(const policy::ContainerId& id) const {
  for (size_t i = 0; i < instances_.size(); ++i) {
    if (IdOf(i) == id) return static_cast<int>(i);
  }
  return 0;
}

policy::ContainerSeen World::Describe(int index, bool found) const {
  const Instance& instance = instances_[index];
  policy::ContainerSeen seen;
  seen.container = IdOf(index);
  seen.sandbox = Sandbox(instance.sandbox);
  seen.name = NameOf(instance.name);
  seen.attempt = instance.attempt;
  seen.traits.priority = {policy::Priority::Kind::kValue, setup_->containers[instance.name].priority, {}};
  seen.traits.sidecar = setup_->containers[instance.name].sidecar;
  seen.by_shim = instance.by_shim;
  seen.found = found;
  if (!found) return seen;
  seen.state = instance.state;
  seen.started = instance.started;
  seen.exit_code = instance.exit_code;
  seen.finished_at = NthExit(instance.finished_at);
  return seen;
}

// The order of exits as far as a rule reads it: which sidecar ended before or
// after which main container. Exits of one kind in a row count as one moment.
std::vector<uint8_t> World::ExitMoments() const {
  std::vector<int> by_exit(exits_ + 1, -1);
  for (size_t i = 0; i < instances_.size(); ++i) by_exit[instances_[i].finished_at] = static_cast<int>(i);
  std::vector<uint8_t> moments(exits_ + 1, 0);
  bool last_was_sidecar = false;
  for (int exit = 1; exit <= exits_; ++exit) {
    const bool sidecar = setup_->containers[instances_[by_exit[exit]].name].sidecar;
    moments[exit] = moments[exit - 1] + (exit == 1 || sidecar != last_was_sidecar ? 1 : 0);
    last_was_sidecar = sidecar;
  }
  return moments;
}

// Everything that the future depends on; times as differences from now,
// containers by id. What never changes (spec, settings, traits) and what is not
// read in these setups (activity, since when a container waits) is left out.
std::string World::Key() const {
  std::string key;
  auto add = [&key](auto... values) { (key.push_back(static_cast<char>(values)), ...); };
  auto left = [&](policy::Time time) { return std::max<int64_t>(0, (time - now_).count() / 1'000'000'000); };
  const std::vector<uint8_t> moments = ExitMoments();

  add(phase_, sandbox_, sandbox_lost_, main_failures_, sidecar_exits_, runtime_failures_, sandbox_losses_,
      lost_starts_, todo_.size() - position_);
  for (size_t i = position_; i < todo_.size(); ++i) add(todo_[i].first, todo_[i].second);
  if (phase_ >= Phase::kStart && phase_ != Phase::kDone) key += IdOf(instance_).value();
  for (const Launching& launch : launching_) {
    add(launch.stage, launch.attempt);
    if (launch.stage > Launching::Stage::kCreating) key += IdOf(launch.instance).value();
  }
  for (int8_t attempt : remembered_) add(attempt);

  std::map<policy::ContainerId, const Instance*> sorted;
  for (size_t i = 0; i < instances_.size(); ++i) sorted[IdOf(static_cast<int>(i))] = &instances_[i];
  for (const auto& [id, i] : sorted) {
    key += id.value();
    add(i->by_shim | i->started << 1 | i->exit_known << 2 | i->start_failed << 3 |
            (i->ready && i->state == RunState::kRunning) << 4,
        i->state, i->exit_code, moments[i->finished_at], i->stop);
  }

  const policy::PodState* pod = engine_.FindPod(Pod());
  if (pod == nullptr) return key;
  add(-1, pod->completed_since.has_value());
  for (const auto& [id, c] : pod->containers) {
    key += id.value();
    const policy::Exit exit = c.exit.value_or(policy::Exit{});
    add(c.by_shim | c.start_answered << 1 | c.started << 2 | c.StopInForce() << 3, c.state, exit.code,
        moments[exit.finished_at.time_since_epoch().count()]);
    // The stop of a container that has exited is not read.
    if (c.state == RunState::kRunning) add(c.stop.stage, c.stop.failures, left(c.stop.retry_at));
  }
  for (const auto& [id, sandbox] : pod->sandboxes) {
    key += id.value();
    add(sandbox.stopping, -2);
    for (const auto& [name, progress] : sandbox.progress) {
      if (!progress.started() && !progress.ready && !progress.held) continue;
      key += name;
      add(progress.stage, progress.ready);
      if (progress.held) {
        add(-3, progress.held->remembered | progress.held->launching << 1, progress.held->joined.size());
      }
    }
  }
  for (const auto& [call, held] : pod->held_starts) {
    key += held.container.value();
    add(call.value, left(held.deadline));
  }
  // When the engine wakes up matters only by whether it does.
  add(engine_.NextWakeup().has_value());
  return key;
}

}  // namespace sidecar_shim::model
