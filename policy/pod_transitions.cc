// The transitions of events about a pod, its sandboxes and its image pulls.
#include <utility>

#include "policy/restart_detection.h"
#include "policy/transitions.h"

namespace sidecar_shim::policy {
namespace {

// No container is created in this sandbox any more: joined creates are left to the runtime,
// which reports that the sandbox is not running.
void ReleaseHeldCreates(PodState& pod, const SandboxId& id, SandboxRecord& sandbox) {
  for (auto& [name, progress] : sandbox.progress) {
    if (!progress.held) continue;
    for (const CallId call : progress.held->joined) {
      pod.joined_replies.push_back({call, id, name, std::nullopt});
    }
    progress.held.reset();
  }
}

}  // namespace

bool Apply(const SandboxSeen& event, PodState& pod, Transition& transition) {
  pod.job_labels = event.job_labels;
  pod.last_activity = transition.now;
  UpdateSettings(pod, event.annotations, transition.options);
  SandboxRecord& sandbox = pod.sandboxes[event.sandbox];
  if (sandbox.sequence == 0) sandbox.sequence = transition.next_sequence++;
  sandbox.stopping = !event.ready;
  if (sandbox.stopping) ReleaseHeldCreates(pod, event.sandbox, sandbox);
  return true;
}

bool Apply(const SpecReceived& event, PodState& pod, Transition&) {
  // A stamp does not replace what a source reports in as much detail; but a
  // source that reports less (of an unreachable API server only the names are
  // left, for example) does not replace a stamp either.
  if (pod.spec && event.spec.IsStamp() && !event.spec.IsMoreDetailedThan(*pod.spec)) return false;
  if (pod.spec && pod.spec->IsStamp() && pod.spec->IsMoreDetailedThan(event.spec)) return false;
  pod.spec = event.spec;
  if (pod.spec->names_only) return true;
  for (auto& [id, sandbox] : pod.sandboxes) {
    for (auto& [name, progress] : sandbox.progress) progress.not_expected = false;
  }
  return true;
}

bool Apply(const PodTerminating&, PodState& pod, Transition&) {
  return !std::exchange(pod.terminating, true);
}

bool Apply(const SandboxStopping& event, PodState& pod, Transition& transition) {
  SandboxRecord& sandbox = pod.sandboxes.at(event.sandbox);
  if (!sandbox.stopping) MarkStoppedForRecreation(pod, event.sandbox, transition.now);
  sandbox.stopping = true;
  ReleaseHeldCreates(pod, event.sandbox, sandbox);
  return true;
}

bool Apply(const SandboxGone& event, PodState& pod, Transition& transition) {
  Apply(SandboxStopping{event.sandbox}, pod, transition);
  pod.sandboxes.erase(event.sandbox);
  std::vector<ContainerId> gone;
  for (const auto& [id, container] : pod.containers) {
    if (container.sandbox == event.sandbox) gone.push_back(id);
  }
  for (const ContainerId& id : gone) Apply(ContainerGone{id}, pod, transition);
  return true;
}

bool Apply(const PullStarted& event, PodState& pod, Transition& transition) {
  pod.pulls.insert(event.image);
  pod.last_activity = transition.now;
  return true;
}

bool Apply(const PullEnded& event, PodState& pod, Transition& transition) {
  if (auto pull = pod.pulls.find(event.image); pull != pod.pulls.end()) pod.pulls.erase(pull);
  if (event.ok) {
    pod.failed_pulls.erase(event.image);
  } else {
    pod.failed_pulls[event.image] = transition.now;
  }
  pod.last_activity = transition.now;
  return true;
}

}  // namespace sidecar_shim::policy
