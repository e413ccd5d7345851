#include "policy/engine.h"

#include <algorithm>
#include <utility>

#include "policy/restart_detection.h"
#include "policy/settle.h"
#include "policy/termination.h"

namespace sidecar_shim::policy {
Actions Engine::OnEvent(const Event& event, Time now) {
  Actions actions;
  Pod* pod = std::visit([&](const auto& specific) { return On(specific, now, actions); }, event);
  if (pod != nullptr) Settle(*pod, now, actions);
  return actions;
}

std::optional<Time> Engine::NextWakeup() const {
  std::optional<Time> earliest;
  for (const auto& [ref, pod] : pods_) {
    if (pod.wakeup && (!earliest || *pod.wakeup < *earliest)) earliest = pod.wakeup;
  }
  return earliest;
}

void Engine::Settle(Pod& pod, Time now, Actions& actions) {
  pod.wakeup = SettlePod(pod.state, options_, now, actions);
}

Engine::Pod* Engine::PodOfSandbox(const SandboxId& sandbox) {
  auto it = pod_of_sandbox_.find(sandbox);
  return it == pod_of_sandbox_.end() ? nullptr : &pods_.at(it->second);
}

Engine::Pod* Engine::MutablePodOf(const ContainerId& container) {
  auto it = pod_of_container_.find(container);
  return it == pod_of_container_.end() ? nullptr : &pods_.at(it->second);
}

void Engine::Erase(const PodRef& ref, Actions& actions) {
  auto it = pods_.find(ref);
  for (const auto& [id, container] : it->second.state.containers) {
    if (container.probing) actions.emplace_back(StopProbing{id});
    pod_of_container_.erase(id);
  }
  pods_.erase(it);
}

void Engine::UpdateSettings(PodState& pod, const Annotations& annotations, Actions& actions) {
  if (pod.annotations == annotations && !pod.annotations.empty()) return;
  pod.annotations = annotations;
  std::vector<std::string> warnings;
  pod.settings = ReadPodSettings(options_, annotations, warnings);
  for (std::string& warning : warnings) {
    actions.emplace_back(Note{Note::Kind::kBadValue, pod.ref, "", std::move(warning)});
  }
}

Engine::Pod* Engine::On(const SandboxSeen& event, Time now, Actions& actions) {
  auto [it, is_new] = pods_.try_emplace(event.pod);
  Pod& pod = it->second;
  if (is_new) pod.state.ref = event.pod;
  pod.state.job_labels = event.job_labels;
  pod.state.last_activity = now;
  UpdateSettings(pod.state, event.annotations, actions);
  SandboxRecord& sandbox = pod.state.sandboxes[event.sandbox];
  if (sandbox.sequence == 0) sandbox.sequence = next_sequence_++;
  sandbox.stopping = !event.ready;
  pod_of_sandbox_[event.sandbox] = event.pod;
  return &pod;
}

Engine::Pod* Engine::On(const SpecReceived& event, Time, Actions&) {
  auto it = pods_.find(event.pod);
  if (it == pods_.end()) return nullptr;
  std::optional<PodSpec>& spec = it->second.state.spec;
  // A stamp does not change the mind of a source that tells as much; but a
  // source that tells less (of an unreachable API server only the names are
  // left, say) does not make anybody forget it either.
  if (spec && event.spec.IsStamp() && !event.spec.IsMoreDetailedThan(*spec)) return nullptr;
  if (spec && spec->IsStamp() && spec->IsMoreDetailedThan(event.spec)) return nullptr;
  spec = event.spec;
  if (!spec->names_only) {
    for (auto& [id, sandbox] : it->second.state.sandboxes) sandbox.not_expected.clear();
  }
  return &it->second;
}

Engine::Pod* Engine::On(const ContainerSeen& event, Time now, Actions& actions) {
  Pod* pod = PodOfSandbox(event.sandbox);
  if (pod == nullptr) return nullptr;
  PodState& state = pod->state;
  if (state.containers.contains(event.container)) return pod;
  SandboxRecord& sandbox = state.sandboxes.at(event.sandbox);
  // A create whose caller had given up may leave a container behind that is
  // found only after kubelet has made the next one; and the runtime may be able
  // to tell of one in an older sandbox only later.
  const bool superseded =
      event.found && std::any_of(state.containers.begin(), state.containers.end(), [&](const auto& entry) {
        const ContainerRecord& other = entry.second;
        if (other.name != event.name) return false;
        if (other.sandbox == event.sandbox) return other.attempt > event.attempt;
        auto its = state.sandboxes.find(other.sandbox);
        return its != state.sandboxes.end() && its->second.sequence > sandbox.sequence;
      });
  if (const ContainerRecord* last = state.Latest(event.name);
      event.found
          ? event.attempt > 0
          : last != nullptr && last->started && last->state == RunState::kExited && last->exit_code != 0) {
    state.restarted.insert(event.name);
  }

  // The exits of its predecessors decide nothing any more.
  for (auto it = state.containers.begin(); it != state.containers.end();) {
    if (!superseded && it->second.name == event.name && it->second.collected) {
      pod_of_container_.erase(it->first);
      it = state.containers.erase(it);
    } else {
      ++it;
    }
  }
  ContainerRecord& record = state.containers[event.container];
  record.sandbox = event.sandbox;
  record.name = event.name;
  record.attempt = event.attempt;
  record.sequence = superseded ? 0 : next_sequence_++;
  record.grace_seconds = event.grace_seconds;
  record.pre_stop = event.pre_stop;
  record.by_shim = event.by_shim && !superseded;
  record.state = event.state;
  record.started = event.started;
  record.exit_code = event.exit_code;
  record.finished_at = event.finished_at;
  record.exit_seen = now;
  record.exited_at = now - event.exited_ago;
  record.exited_before_start = event.found && event.state == RunState::kExited;
  pod_of_container_[event.container] = state.ref;
  state.arrived.try_emplace(event.name, event.traits);
  const ContainerSpec* spec = state.spec ? state.spec->Find(event.name) : nullptr;
  record.traits = spec != nullptr ? MergeWithSpec(event.traits, spec->traits) : event.traits;
  if (!event.found) state.last_activity = now;
  if (event.started) sandbox.ran.insert(event.name);
  if (event.started && event.state == RunState::kExited) sandbox.ended.insert(event.name);

  if (auto it = sandbox.waiting.find(event.name); it != sandbox.waiting.end() && record.by_shim) {
    for (CallId call : it->second.creates) actions.emplace_back(AnswerCreate{call, event.container});
    sandbox.waiting.erase(it);
  }
  if (record.by_shim && event.found && !sandbox.stopping) {
    const bool running = event.state == RunState::kRunning;
    const bool due = event.state == RunState::kCreated && now >= state.TeardownSuspectedUntil(event.sandbox);
    if (running || due) actions.emplace_back(ResumeLaunch{event.container, running});
    // Left to kubelet, as one whose start has failed.
    if (event.state == RunState::kCreated && !due) record.start_answered = true;
  }
  return pod;
}

Engine::Pod* Engine::On(const StartRequested& event, Time, Actions& actions) {
  Pod* pod = MutablePodOf(event.container);
  if (pod == nullptr) {
    actions.emplace_back(ForwardStart{event.call});
    return nullptr;
  }
  // Settling answers it at once unless it has to wait.
  pod->state.held_starts[event.call] = HeldStart{event.container, event.patience};
  return pod;
}

Engine::Pod* Engine::On(const ContainerStarted& event, Time now, Actions&) {
  Pod* pod = MutablePodOf(event.container);
  if (pod == nullptr) return nullptr;
  ContainerRecord& container = pod->state.containers.at(event.container);
  const bool has_ended = container.state == RunState::kExited;  // its exit was faster than its start's answer
  if (!has_ended) container.state = RunState::kRunning;
  container.started = true;
  pod->state.last_activity = now;
  if (auto it = pod->state.sandboxes.find(container.sandbox); it != pod->state.sandboxes.end()) {
    it->second.ran.insert(container.name);
    if (has_ended) it->second.ended.insert(container.name);
  }
  return pod;
}

Engine::Pod* Engine::On(const ContainerReady& event, Time, Actions&) {
  Pod* pod = MutablePodOf(event.container);
  if (pod == nullptr) return nullptr;
  const ContainerRecord& container = pod->state.containers.at(event.container);
  auto sandbox = pod->state.sandboxes.find(container.sandbox);
  if (sandbox == pod->state.sandboxes.end()) return nullptr;
  const bool hook_is_news = event.by_kubelet && sandbox->second.post_start_done.insert(container.name).second;
  return sandbox->second.ready.insert(container.name).second || hook_is_news ? pod : nullptr;
}

Engine::Pod* Engine::On(const PostStartReturned& event, Time, Actions&) {
  Pod* pod = MutablePodOf(event.container);
  if (pod == nullptr) return nullptr;
  const ContainerRecord& container = pod->state.containers.at(event.container);
  auto sandbox = pod->state.sandboxes.find(container.sandbox);
  if (sandbox == pod->state.sandboxes.end()) return nullptr;
  return sandbox->second.post_start_done.insert(container.name).second ? pod : nullptr;
}

Engine::Pod* Engine::On(const StartFailed& event, Time now, Actions& actions) {
  Pod* pod = MutablePodOf(event.container);
  if (pod == nullptr) return nullptr;
  ContainerRecord& container = pod->state.containers.at(event.container);
  pod->state.last_activity = now;
  if (!container.by_shim || container.started) return pod;
  container.start_answered = true;
  for (auto it = pod->state.held_starts.begin(); it != pod->state.held_starts.end();) {
    if (it->second.container != event.container) {
      ++it;
      continue;
    }
    actions.emplace_back(FailStart{it->first, event.error});
    it = pod->state.held_starts.erase(it);
  }
  return pod;
}

Engine::Pod* Engine::On(const ContainerExited& event, Time now, Actions&) {
  Pod* pod = MutablePodOf(event.container);
  if (pod == nullptr) return nullptr;
  ContainerRecord& container = pod->state.containers.at(event.container);
  if (container.state == RunState::kExited) {
    if (container.finished_at == kNoTime) container.finished_at = event.finished_at;
    if (event.recorded && event.exit_code != container.exit_code) {
      container.exit_code = event.exit_code;
      container.finished_at = event.finished_at;
    }
    return pod;
  }
  container.state = RunState::kExited;
  container.exit_code = event.exit_code;
  container.finished_at = event.finished_at;
  container.exit_seen = now;
  container.exited_at = now;
  auto sandbox = pod->state.sandboxes.find(container.sandbox);
  if (container.started && sandbox != pod->state.sandboxes.end())
    sandbox->second.ended.insert(container.name);
  return pod;
}

Engine::Pod* Engine::On(const ContainerGone& event, Time now, Actions& actions) {
  Pod* pod = MutablePodOf(event.container);
  if (pod == nullptr) return nullptr;
  PodState& state = pod->state;
  auto it = state.containers.find(event.container);
  // The exit of the newest container of a name still decides over the pod
  // after kubelet has collected the container.
  if (it->second.state == RunState::kExited && state.Latest(it->second.name) == &it->second) {
    it->second.collected = true;
    if (auto sandbox = state.sandboxes.find(it->second.sandbox);
        sandbox != state.sandboxes.end() && !sandbox->second.stopping) {
      DetectRestartAllContainers(state, sandbox->first, now);
    }
    return pod;
  }
  if (it->second.probing) actions.emplace_back(StopProbing{event.container});
  pod_of_container_.erase(event.container);
  state.containers.erase(it);
  return pod;
}

Engine::Pod* Engine::On(const CallCancelled& event, Time, Actions&) {
  for (auto& [ref, pod] : pods_) {
    if (pod.state.held_starts.erase(event.call) > 0) return &pod;
    for (auto& [id, sandbox] : pod.state.sandboxes) {
      for (auto& [name, waiting] : sandbox.waiting) std::erase(waiting.creates, event.call);
    }
  }
  return nullptr;
}

Engine::Pod* Engine::On(const ExternalStopStarted& event, Time now, Actions&) {
  Pod* pod = MutablePodOf(event.container);
  if (pod == nullptr) return nullptr;
  ContainerRecord& container = pod->state.containers.at(event.container);
  container.external_stop = true;
  container.external_stop_at = now;
  container.external_stop_timeout = event.timeout;
  return pod;
}

Engine::Pod* Engine::On(const ExternalStopEnded& event, Time, Actions&) {
  Pod* pod = MutablePodOf(event.container);
  if (pod != nullptr && !event.ok) pod->state.containers.at(event.container).external_stop = false;
  return pod;
}

Engine::Pod* Engine::On(const PodTerminating& event, Time, Actions&) {
  auto it = pods_.find(event.pod);
  if (it == pods_.end() || std::exchange(it->second.state.terminating, true)) return nullptr;
  return &it->second;
}

Engine::Pod* Engine::On(const SandboxStopping& event, Time now, Actions& actions) {
  Pod* pod = PodOfSandbox(event.sandbox);
  if (pod == nullptr) return nullptr;
  SandboxRecord& sandbox = pod->state.sandboxes.at(event.sandbox);
  if (!sandbox.stopping) MarkStoppedForRecreation(pod->state, event.sandbox, now);
  sandbox.stopping = true;
  for (auto& [name, waiting] : sandbox.waiting) {
    for (CallId call : waiting.creates) actions.emplace_back(AdmitCreate{call, {}});
    if (waiting.remembered) actions.emplace_back(Forget{event.sandbox, name});
  }
  sandbox.waiting.clear();
  return pod;
}

Engine::Pod* Engine::On(const SandboxGone& event, Time now, Actions& actions) {
  Pod* pod = On(SandboxStopping{event.sandbox}, now, actions);
  if (pod == nullptr) return nullptr;
  PodState& state = pod->state;
  state.sandboxes.erase(event.sandbox);
  pod_of_sandbox_.erase(event.sandbox);
  if (state.sandboxes.empty()) {
    for (const auto& [call, held] : state.held_starts) actions.emplace_back(ForwardStart{call});
    Erase(PodRef(state.ref), actions);
    return nullptr;
  }
  for (auto it = state.containers.begin(); it != state.containers.end();) {
    // May erase the container, so step on first.
    const auto& [id, container] = *it++;
    if (container.sandbox == event.sandbox) On(ContainerGone{id}, now, actions);
  }
  return pod;
}

Engine::Pod* Engine::On(const PullStarted& event, Time now, Actions&) {
  auto it = pods_.find(event.pod);
  if (it == pods_.end()) return nullptr;
  it->second.state.pulls.insert(event.image);
  it->second.state.last_activity = now;
  return &it->second;
}

Engine::Pod* Engine::On(const PullEnded& event, Time now, Actions&) {
  auto it = pods_.find(event.pod);
  if (it == pods_.end()) return nullptr;
  PodState& state = it->second.state;
  if (auto pull = state.pulls.find(event.image); pull != state.pulls.end()) state.pulls.erase(pull);
  if (event.ok) {
    state.failed_pulls.erase(event.image);
  } else {
    state.failed_pulls[event.image] = now;
  }
  state.last_activity = now;
  return &it->second;
}

Engine::Pod* Engine::On(const SidecarStopEnded& event, Time now, Actions&) {
  Pod* pod = MutablePodOf(event.container);
  if (pod == nullptr) return nullptr;
  StopProgress& stop = pod->state.containers.at(event.container).stop;
  if (event.pre_stop_ran) stop.pre_stop_done = true;
  // Also after success: should the exit never be seen, it is asked for again.
  if (!event.ok) ++stop.failures;
  stop.stage = StopProgress::Stage::kRetryWait;
  stop.retry_at = now + StopRetryDelay(stop.failures, options_);
  return pod;
}

Engine::Pod* Engine::On(const Tick&, Time now, Actions& actions) {
  for (auto& [ref, pod] : pods_) {
    if (pod.wakeup && *pod.wakeup <= now) Settle(pod, now, actions);
  }
  return nullptr;
}

}  // namespace sidecar_shim::policy
