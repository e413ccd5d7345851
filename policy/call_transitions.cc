// The transitions of events about calls that may have to wait: creates and
// starts.
#include <algorithm>
#include <type_traits>
#include <utility>

#include "policy/transitions.h"
#include "policy/unknown_spec_names.h"

namespace sidecar_shim::policy {

void UpdateSettings(PodState& pod, const Annotations& annotations, const Options& options) {
  if (pod.annotations == annotations && !pod.annotations.empty()) return;
  pod.annotations = annotations;
  pod.settings = ReadPodSettings(options, annotations, pod.warnings);
}

bool Apply(const CreateRequested& event, PodState& pod, Transition& transition) {
  SandboxRecord& sandbox = pod.sandboxes.at(event.sandbox);
  if (!event.pod_annotations.empty()) UpdateSettings(pod, event.pod_annotations, transition.options);
  pod.last_activity = transition.now;
  pod.arrived.insert_or_assign(event.name, event.traits);
  // kubelet has moved on: containers that it had not requested may follow now.
  if (!std::exchange(sandbox.progress[event.name].requested, true)) {
    for (auto& [name, progress] : sandbox.progress) progress.not_expected = false;
  }
  // kubelet runs a postStart hook before its next call for the pod.
  for (auto& [name, progress] : sandbox.progress) progress.post_start_done = progress.started();
  MarkUnrequestedContainers(pod, event.sandbox, event.name);
  return true;
}

bool Apply(const CreateDecision& decision, const CreateRequested& request, PodState& pod, Time now) {
  SandboxRecord& sandbox = pod.sandboxes.at(request.sandbox);
  std::optional<HeldCreate>& held = sandbox.progress[request.name].held;
  if (std::holds_alternative<JoinLaunch>(decision)) held->joined.push_back(request.call);
  if (std::holds_alternative<Admit>(decision)) held.reset();
  const auto* refuse = std::get_if<Refuse>(&decision);
  if (refuse == nullptr) return false;
  const bool is_new = !held.has_value();
  if (is_new) held = HeldCreate{.since = now};
  held->remembered = refuse->remember;
  held->requested_by_then = CountRequested(sandbox);
  if (refuse->remember) pod.kept_requests.insert({request.sandbox, request.name});
  return is_new;
}

bool Apply(const CreateFailed& event, PodState& pod, Transition& transition) {
  pod.last_activity = transition.now;
  LaunchProgress& progress = pod.sandboxes.at(event.sandbox).progress[event.name];
  progress.requested = false;
  if (!event.by_shim || !progress.held) return true;
  // kubelet's own request goes to the runtime, which reports what is wrong.
  for (const CallId call : progress.held->joined) {
    pod.joined_replies.push_back({call, event.sandbox, event.name, std::nullopt});
  }
  progress.held.reset();
  return true;
}

bool Apply(const StartRequested& event, PodState& pod, Transition&) {
  // Settling answers it at once unless it has to wait.
  pod.held_starts[event.call] = HeldStart{event.container, event.deadline, std::nullopt};
  return true;
}

bool Apply(const CallCancelled& event, PodState& pod, Transition&) {
  if (pod.held_starts.erase(event.call) > 0) return true;
  for (auto& [id, sandbox] : pod.sandboxes) {
    for (auto& [name, progress] : sandbox.progress) {
      if (progress.held) std::erase(progress.held->joined, event.call);
    }
  }
  return false;
}

}  // namespace sidecar_shim::policy
