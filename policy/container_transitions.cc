// The transitions of events about one container.
#include <algorithm>

#include "policy/queries.h"
#include "policy/restart_detection.h"
#include "policy/termination.h"
#include "policy/transitions.h"

namespace sidecar_shim::policy {
namespace {

using Stage = LaunchProgress::Stage;

LaunchProgress* FindProgress(PodState& pod, const ContainerRecord& container) {
  auto sandbox = pod.sandboxes.find(container.sandbox);
  return sandbox == pod.sandboxes.end() ? nullptr : &sandbox->second.progress[container.name];
}

// A create whose caller had cancelled it may leave a container that is found
// only after kubelet has created the next one; and the runtime may report one of
// an older sandbox only later.
bool IsOutdated(const ContainerSeen& event, const PodState& pod) {
  if (!event.found) return false;
  const uint64_t sequence = pod.sandboxes.at(event.sandbox).sequence;
  return std::any_of(pod.containers.begin(), pod.containers.end(), [&](const auto& entry) {
    const ContainerRecord& other = entry.second;
    if (other.name != event.name) return false;
    if (other.sandbox == event.sandbox) return other.attempt > event.attempt;
    auto sandbox = pod.sandboxes.find(other.sandbox);
    return sandbox != pod.sandboxes.end() && sandbox->second.sequence > sequence;
  });
}

bool RestartedAfterFailure(const ContainerSeen& event, const PodState& pod) {
  if (event.found) return event.attempt > 0;
  const ContainerRecord* last = Latest(pod, event.name);
  return last != nullptr && last->started && last->exit && last->exit->code != 0;
}

// Their exits no longer decide anything.
void DropCollectedPredecessors(PodState& pod, const std::string& name, std::vector<ContainerId>& removed) {
  std::erase_if(pod.containers, [&](const auto& entry) {
    const bool drop = entry.second.name == name && entry.second.collected;
    if (drop) removed.push_back(entry.first);
    return drop;
  });
}

ContainerRecord NewRecord(const ContainerSeen& event, const PodState& pod, Time now) {
  ContainerRecord record;
  record.sandbox = event.sandbox;
  record.name = event.name;
  record.attempt = event.attempt;
  record.grace_seconds = event.grace_seconds;
  record.pre_stop = event.pre_stop;
  record.by_shim = event.by_shim;
  record.state = event.state;
  record.started = event.started || event.state == RunState::kRunning;
  if (event.state == RunState::kExited) {
    record.exit = Exit{event.exit_code, event.finished_at, now, now - event.exited_ago, event.found};
  }
  const ContainerSpec* spec = SpecOf(pod, event.name);
  record.traits = spec != nullptr ? MergeWithSpec(event.traits, spec->traits) : event.traits;
  return record;
}

// An earlier shim created it and may not have finished the launch. A container
// that may not be started any more is left to kubelet, as one whose start has
// failed.
void ResumeFoundLaunch(PodState& pod, ContainerRecord& record, Time now) {
  if (pod.sandboxes.at(record.sandbox).stopping) return;
  if (record.state == RunState::kRunning) record.resume_launch = true;
  if (record.state != RunState::kCreated) return;
  record.resume_launch = now >= TeardownSuspectedUntil(pod, record.sandbox);
  record.start_answered = !record.resume_launch;
}

void JoinLaunchedContainer(PodState& pod, const ContainerId& id, const ContainerRecord& record,
                           LaunchProgress& progress) {
  if (!record.by_shim || !progress.held) return;
  for (const CallId call : progress.held->joined) {
    pod.joined_replies.push_back({call, record.sandbox, record.name, id});
  }
  progress.held.reset();
}

}  // namespace

bool Apply(const ContainerSeen& event, PodState& pod, Transition& transition) {
  if (pod.containers.contains(event.container)) return true;
  const bool outdated = IsOutdated(event, pod);
  if (RestartedAfterFailure(event, pod)) pod.restarted.insert(event.name);
  if (!outdated) DropCollectedPredecessors(pod, event.name, transition.removed);

  pod.arrived.try_emplace(event.name, event.traits);
  ContainerRecord& record = pod.containers[event.container] = NewRecord(event, pod, transition.now);
  if (outdated) record.by_shim = false;
  if (!outdated) record.sequence = transition.next_sequence++;
  if (!event.found) pod.last_activity = transition.now;

  LaunchProgress& progress = pod.sandboxes.at(event.sandbox).progress[event.name];
  if (record.started && progress.stage == Stage::kNeverStarted) progress.stage = Stage::kStarted;
  if (record.started && record.exit) progress.stage = Stage::kEnded;
  JoinLaunchedContainer(pod, event.container, record, progress);
  if (record.by_shim && event.found) ResumeFoundLaunch(pod, record, transition.now);
  return true;
}

bool Apply(const ContainerStarted& event, PodState& pod, Transition& transition) {
  ContainerRecord& container = pod.containers.at(event.container);
  // An exit may be reported before the answer to its start.
  if (!container.exit) container.state = RunState::kRunning;
  container.started = true;
  pod.last_activity = transition.now;
  if (LaunchProgress* progress = FindProgress(pod, container)) {
    if (!progress->started()) progress->stage = Stage::kStarted;
    if (container.exit) progress->stage = Stage::kEnded;
  }
  return true;
}

bool Apply(const ContainerReady& event, PodState& pod, Transition&) {
  LaunchProgress* progress = FindProgress(pod, pod.containers.at(event.container));
  if (progress == nullptr) return false;
  const LaunchProgress before = *progress;
  progress->ready = true;
  if (event.by_kubelet) progress->post_start_done = true;
  return *progress != before;
}

bool Apply(const PostStartReturned& event, PodState& pod, Transition&) {
  LaunchProgress* progress = FindProgress(pod, pod.containers.at(event.container));
  if (progress == nullptr || progress->post_start_done) return false;
  progress->post_start_done = true;
  return true;
}

bool Apply(const StartFailed& event, PodState& pod, Transition& transition) {
  ContainerRecord& container = pod.containers.at(event.container);
  pod.last_activity = transition.now;
  if (!container.by_shim || container.started) return true;
  container.start_answered = true;
  for (auto& [call, held] : pod.held_starts) {
    if (held.container == event.container) held.error = event.error;
  }
  return true;
}

bool Apply(const ContainerExited& event, PodState& pod, Transition& transition) {
  ContainerRecord& container = pod.containers.at(event.container);
  if (container.exit) {
    Exit& exit = *container.exit;
    if (exit.finished_at == kNoTime) exit.finished_at = event.finished_at;
    if (event.recorded && event.exit_code != exit.code) {
      exit.code = event.exit_code;
      exit.finished_at = event.finished_at;
    }
    return true;
  }
  container.state = RunState::kExited;
  container.exit = Exit{event.exit_code, event.finished_at, transition.now, transition.now};
  if (LaunchProgress* progress = FindProgress(pod, container); progress != nullptr && container.started) {
    progress->stage = Stage::kEnded;
  }
  return true;
}

bool Apply(const ContainerGone& event, PodState& pod, Transition& transition) {
  auto it = pod.containers.find(event.container);
  ContainerRecord& container = it->second;
  // The exit of the newest container of a name still decides about the pod after
  // kubelet has removed the container.
  if (container.exit && Latest(pod, container.name) == &container) {
    container.collected = true;
    auto sandbox = pod.sandboxes.find(container.sandbox);
    if (sandbox != pod.sandboxes.end() && !sandbox->second.stopping) {
      DetectRestartAllContainers(pod, sandbox->first, transition.now);
    }
    return true;
  }
  pod.containers.erase(it);
  transition.removed.push_back(event.container);
  return true;
}

bool Apply(const ExternalStopStarted& event, PodState& pod, Transition& transition) {
  pod.containers.at(event.container).external_stop = ExternalStop{transition.now, event.timeout};
  return true;
}

bool Apply(const ExternalStopEnded& event, PodState& pod, Transition&) {
  std::optional<ExternalStop>& stop = pod.containers.at(event.container).external_stop;
  if (stop && !event.ok) stop->in_force = false;
  return true;
}

bool Apply(const SidecarStopEnded& event, PodState& pod, Transition& transition) {
  StopProgress& stop = pod.containers.at(event.container).stop;
  if (stop.stage != StopProgress::Stage::kInProgress) return false;
  if (event.pre_stop_ran) stop.pre_stop_done = true;
  // Also after success: should the exit never be reported, the stop is repeated.
  if (!event.ok) ++stop.failures;
  stop.stage = StopProgress::Stage::kRetryWait;
  stop.retry_at = transition.now + StopRetryDelay(stop.failures, transition.options);
  return true;
}

}  // namespace sidecar_shim::policy
