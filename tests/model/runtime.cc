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
  instance.heard = false;
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
  const bool masked = engine_.IsMasked(IdOf(index), instance.finished_at, now_);
  uint8_t at = 0;
  const bool complete = Complete(&at);
  const bool flagged = setup_->containers[instance.name].sidecar;
  if (masked != (flagged && complete && instance.finished_at >= at)) {
    Violate(masked ? "an exit is reported as success that must not be"
                   : "the exit of a sidecar of a finished job is reported as it is");
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
  for (uint8_t other = 0; other < setup_->containers.size(); ++other) {
    if (setup_->containers[other].priority <= setup_->containers[self.name].priority) continue;
    if (Ran(other, self.sandbox)) continue;
    // It did its work before the sandbox was replaced and will not come again.
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

policy::SandboxId World::Sandbox(uint8_t index) const { return absl::StrCat("s", static_cast<int>(index)); }

policy::ContainerId World::IdOf(int index) const {
  const Instance& instance = instances_[index];
  return {static_cast<char>('a' + instance.name), static_cast<char>('0' + instance.attempt),
          static_cast<char>('0' + instance.sandbox)};
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
  seen.name = std::string(1, static_cast<char>('a' + instance.name));
  seen.attempt = instance.attempt;
  seen.traits.priority = {policy::Priority::Kind::kValue, setup_->containers[instance.name].priority, {}};
  seen.traits.sidecar = setup_->containers[instance.name].sidecar;
  seen.by_shim = instance.by_shim;
  seen.found = found;
  if (!found) return seen;
  seen.state = instance.state;
  seen.started = instance.started;
  seen.exit_code = instance.exit_code;
  seen.finished_at = instance.finished_at;
  return seen;
}

// Everything that the future depends on, times as differences from now. What
// never changes (plan, settings, traits) and what is not read in these setups
// (activity, since when a container waits) stays out.
std::string World::Key() const {
  std::string key;
  auto add = [&key](auto... values) { (key.push_back(static_cast<char>(values)), ...); };
  auto left = [&](policy::Time time) { return std::max<int64_t>(0, (time - now_).count() / 1'000'000'000); };

  add(phase_, position_, phase_ >= Phase::kStart ? instance_ : 0, sandbox_, sandbox_lost_, main_failures_,
      sidecar_exits_, runtime_failures_, sandbox_losses_, lost_starts_, todo_.size());
  for (const auto& [name, attempt] : todo_) add(name, attempt);
  for (size_t i = 0; i < launching_.size(); ++i) {
    add(launching_[i].stage, launching_[i].instance, launching_[i].sandbox, launching_[i].attempt,
        remembered_[i]);
  }
  for (const Instance& i : instances_) {
    add(i.name, i.attempt, i.sandbox, i.by_shim | i.started << 1 | i.heard << 2 | i.start_failed << 3,
        i.state, i.exit_code, i.finished_at, i.stop);
  }

  const policy::PodState* pod = engine_.FindPod({"default", "pod", "uid"});
  if (pod == nullptr) return key;
  add(254, pod->completed_since.has_value(), pod->stop_began.has_value(), pod->arrived.size());
  std::map<uint64_t, const std::pair<const policy::ContainerId, policy::ContainerRecord>*> by_order;
  for (const auto& entry : pod->containers) by_order[entry.second.order] = &entry;
  for (const auto& [order, entry] : by_order) {
    const policy::ContainerRecord& c = entry->second;
    key += entry->first;
    add(c.by_shim | c.start_answered << 1 | c.started << 2 | c.caller_stops << 3 | c.stop.pre_stop_done << 4,
        c.state, c.exit_code, c.finished_at, c.stop.stage, c.stop.failures, left(c.stop.retry_at));
  }
  for (const auto& [id, sandbox] : pod->sandboxes) {
    key += id;
    add(sandbox.stopping, 253);
    for (const std::string& name : sandbox.ran) key += name;
    for (const auto& [name, waiting] : sandbox.waiting) {
      key += name;
      add(waiting.remembered | waiting.launching << 1, waiting.creates.size());
    }
  }
  for (const auto& [call, held] : pod->held_starts) {
    key += held.container;
    add(call, left(held.patience));
  }
  return key;
}

}  // namespace sidecar_shim::model
