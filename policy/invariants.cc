// What holds in every pod state between two events.
#include <algorithm>
#include <set>

#include "absl/strings/str_cat.h"
#include "policy/pod_state.h"

namespace sidecar_shim::policy {
namespace {

std::string CheckContainer(const PodState& pod, const ContainerRecord& container) {
  if (container.exit.has_value() != (container.state == RunState::kExited)) {
    return "an exit without the state, or the state without an exit";
  }
  if (container.collected && !container.exit) return "collected without an exit";
  if (container.killed_for_restart && !container.exit) return "killed for a restart, but has not exited";
  if (container.state == RunState::kRunning && !container.started) return "running, but was never started";
  if (!pod.sandboxes.contains(container.sandbox) && !container.collected) {
    return "its sandbox is gone, and it was not collected";
  }
  if (container.resume_launch) return "a launch to resume was not passed on";
  if (container.stop.stage != StopProgress::Stage::kNone && !container.traits.sidecar) {
    return "a main container was stopped";
  }
  return "";
}

std::string CheckProgress(const SandboxRecord& sandbox, const LaunchProgress& progress) {
  if (!progress.held) return "";
  const HeldCreate& held = *progress.held;
  if (sandbox.stopping) return "a create is held in a sandbox that is being stopped";
  if (!held.joined.empty() && !held.launching) return "a create has joined a launch that is not in progress";
  if (held.launching && !held.remembered) return "a launch is in progress without a request";
  return "";
}

std::string CheckCalls(const PodState& pod) {
  if (!pod.joined_replies.empty()) return "a joined create has no reply";
  if (!pod.warnings.empty()) return "a warning was not passed on";
  std::set<CallId> joined;
  for (const auto& [id, sandbox] : pod.sandboxes) {
    for (const auto& [name, progress] : sandbox.progress) {
      if (!progress.held) continue;
      for (const CallId call : progress.held->joined) {
        if (!joined.insert(call).second) return absl::StrCat("call ", call.value, " waits twice");
      }
    }
  }
  for (const auto& [call, held] : pod.held_starts) {
    if (!pod.containers.contains(held.container)) return "a start waits for a container that is gone";
    if (held.error) return "the failure of an awaited start was not passed on";
  }
  return "";
}

// What the actuators were given is what is wanted.
std::string CheckActuators(const PodState& pod) {
  for (const ContainerId& id : pod.probing) {
    auto it = pod.containers.find(id);
    if (it == pod.containers.end() || it->second.state != RunState::kRunning) {
      return absl::StrCat(id.value(), " is probed, but does not run");
    }
  }
  for (const auto& [sandbox_id, name] : pod.kept_requests) {
    auto sandbox = pod.sandboxes.find(sandbox_id);
    auto it = sandbox == pod.sandboxes.end() ? decltype(sandbox->second.progress.find(name)){}
                                             : sandbox->second.progress.find(name);
    if (sandbox == pod.sandboxes.end() || it == sandbox->second.progress.end() || !it->second.held ||
        !it->second.held->remembered) {
      return absl::StrCat("the request for ", name, " is kept for nothing");
    }
  }
  return "";
}

std::string CheckSequences(const PodState& pod) {
  std::set<uint64_t> sequences;
  for (const auto& [id, container] : pod.containers) {
    if (container.sequence != 0 && !sequences.insert(container.sequence).second) {
      return "two containers have the same sequence number";
    }
  }
  return "";
}

}  // namespace

std::string CheckInvariants(const PodState& pod) {
  for (const auto& [id, container] : pod.containers) {
    if (std::string broken = CheckContainer(pod, container); !broken.empty()) {
      return absl::StrCat("container ", id.value(), ": ", broken);
    }
  }
  for (const auto& [id, sandbox] : pod.sandboxes) {
    if (sandbox.sequence == 0) return absl::StrCat("sandbox ", id.value(), " has no sequence number");
    for (const auto& [name, progress] : sandbox.progress) {
      if (std::string broken = CheckProgress(sandbox, progress); !broken.empty()) {
        return absl::StrCat("container ", name, " in sandbox ", id.value(), ": ", broken);
      }
    }
  }
  if (pod.sandboxes.empty()) return "a pod without a sandbox is kept";
  if (pod.stop_began && !pod.completed_since) return "a stop was sent in a pod that is not complete";
  if (pod.completed_since && !pod.settings.enabled) return "a pod that has opted out is complete";
  for (const auto& check : {CheckCalls, CheckActuators, CheckSequences}) {
    if (std::string broken = check(pod); !broken.empty()) return broken;
  }
  return "";
}

}  // namespace sidecar_shim::policy
