#include "policy/settle.h"

#include <algorithm>
#include <map>
#include <set>
#include <utility>

#include "policy/completion.h"
#include "policy/gate.h"
#include "policy/probing.h"
#include "policy/queries.h"
#include "policy/termination.h"
#include "policy/unknown_spec_start_gate.h"

namespace sidecar_shim::policy {
namespace {

class Wakeup {
 public:
  void At(std::optional<Time> time) {
    if (time && (!earliest_ || *time < *earliest_)) earliest_ = time;
  }
  std::optional<Time> earliest() const { return earliest_; }

 private:
  std::optional<Time> earliest_;
};

bool IsOpen(const PodState& pod, const SandboxId& id) {
  auto sandbox = pod.sandboxes.find(id);
  return sandbox != pod.sandboxes.end() && !sandbox->second.stopping;
}

void SettleReplies(PodState& pod, Actions& actions) {
  for (std::string& warning : std::exchange(pod.warnings, {})) {
    actions.emplace_back(Note{Note::Kind::kBadValue, pod.ref, "", std::move(warning)});
  }
  for (const JoinedReply& reply : std::exchange(pod.joined_replies, {})) {
    if (reply.container) {
      actions.emplace_back(AnswerCreate{reply.call, *reply.container});
    } else {
      actions.emplace_back(AdmitCreate{reply.call, IsOpen(pod, reply.sandbox)
                                                       ? StampFor(pod, reply.name, /*by_shim=*/false)
                                                       : std::nullopt});
    }
  }
  for (auto& [id, container] : pod.containers) {
    if (!std::exchange(container.resume_launch, false)) continue;
    actions.emplace_back(ResumeLaunch{id, container.state == RunState::kRunning});
  }
}

// True once the container may be created; until then sets the wakeup for its
// launch timeout.
bool GateIsOpen(PodState& pod, const SandboxRecord& sandbox, const std::string& name,
                LaunchProgress& progress, Time now, Actions& actions, Wakeup& wakeup) {
  const Verdict verdict = EvaluateCreate(pod, sandbox, name);
  if (verdict.invalid) return false;
  if (verdict.open || progress.timed_out) return true;
  if (pod.settings.launch_timeout == Duration{0}) return false;
  const Time deadline = progress.held->since + pod.settings.launch_timeout;
  if (now < deadline) {
    wakeup.At(deadline);
    return false;
  }
  progress.timed_out = true;
  actions.emplace_back(Note{Note::Kind::kLaunchTimeout, pod.ref, name, verdict.message});
  return true;
}

void SettleGates(PodState& pod, Time now, Actions& actions, Wakeup& wakeup) {
  for (auto& [sandbox_id, sandbox] : pod.sandboxes) {
    if (sandbox.stopping) continue;
    for (auto& [name, progress] : sandbox.progress) {
      if (!progress.held || progress.held->launching) continue;
      if (!GateIsOpen(pod, sandbox, name, progress, now, actions, wakeup)) continue;
      if (!progress.held->remembered) continue;  // kubelet's own retry is admitted
      // kubelet terminates a deleted pod by stopping its containers first and the
      // sandbox after them. If this is another pod, kubelet retries the create.
      if (const Time until = TeardownSuspectedUntil(pod, sandbox_id); now < until) {
        if (until != Time::max()) wakeup.At(until);
        continue;
      }
      progress.held->launching = true;
      pod.kept_requests.erase({sandbox_id, name});  // the launch uses it up
      actions.emplace_back(Launch{sandbox_id, name, StampFor(pod, name, /*by_shim=*/true)});
      actions.emplace_back(Note{Note::Kind::kLaunchAhead, pod.ref, name,
                                EvaluateCreate(pod, sandbox, name).open
                                    ? "the containers it waited for are up"
                                    : "its launch timeout is over"});
    }
  }
}

void SettleKeptRequests(PodState& pod, Actions& actions) {
  std::erase_if(pod.kept_requests, [&](const RequestKey& key) {
    auto sandbox = pod.sandboxes.find(key.first);
    const bool wanted = sandbox != pod.sandboxes.end() && ProgressOf(sandbox->second, key.second).held &&
                        ProgressOf(sandbox->second, key.second).held->remembered;
    if (!wanted) actions.emplace_back(Forget{key.first, key.second});
    return !wanted;
  });
}

void SettleProbes(PodState& pod, Actions& actions) {
  const std::map<ContainerId, const ContainerSpec*> wanted = ContainersToProbe(pod);
  std::erase_if(pod.probing, [&](const ContainerId& id) {
    if (wanted.contains(id)) return false;
    actions.emplace_back(StopProbing{id});
    return true;
  });
  for (const auto& [id, spec] : wanted) {
    if (!pod.probing.insert(id).second) continue;
    actions.emplace_back(
        StartProbing{id, pod.containers.at(id).sandbox, spec->startup_probe, spec->readiness_probe});
  }
}

// The answer to a held start as of now; nullopt: it waits.
std::optional<Action> AnswerTo(PodState& pod, CallId call, const HeldStart& held, Time now) {
  if (held.error) return FailStart{call, *held.error};
  auto found = pod.containers.find(held.container);
  // The runtime has the exact error for an unknown container, and for one whose
  // sandbox is being stopped.
  if (found == pod.containers.end()) return ForwardStart{call};
  ContainerRecord& container = found->second;
  const bool launched = container.by_shim && !container.start_answered;
  if (launched && container.started) {
    container.start_answered = true;
    return AnswerStart{call};
  }
  if (!IsOpen(pod, container.sandbox)) return ForwardStart{call};
  const Verdict verdict =
      launched ? Verdict{.open = false, .message = "sidecar-shim: the container is still being started"}
               : EvaluateStart(pod, container);
  if (verdict.open) return ForwardStart{call};
  if (now < held.deadline) return std::nullopt;
  return FailStart{call, verdict.message};
}

void SettleHeldStarts(PodState& pod, Time now, Actions& actions, Wakeup& wakeup) {
  for (auto it = pod.held_starts.begin(); it != pod.held_starts.end();) {
    const std::optional<Action> answer = AnswerTo(pod, it->first, it->second, now);
    if (!answer) {
      wakeup.At(it->second.deadline);
      ++it;
      continue;
    }
    actions.push_back(*answer);
    it = pod.held_starts.erase(it);
  }
}

void SettleTermination(PodState& pod, const Options& options, Time now, Actions& actions, Wakeup& wakeup) {
  const Completion completion = EvaluateCompletion(pod, options, now);
  wakeup.At(completion.recheck_at);
  if (!completion.complete) {
    pod.completed_since.reset();
    pod.stop_began.reset();
    return;
  }
  if (!pod.completed_since) {
    pod.completed_since = std::min(now, completion.known_since.value_or(now));
    actions.emplace_back(Note{Note::Kind::kPodComplete, pod.ref, "", "all main containers have finished"});
  }
  const StopDecision decision = EvaluateStops(pod, now);
  wakeup.At(decision.recheck_at);
  for (const ContainerId& id : decision.stop_now) {
    ContainerRecord& container = pod.containers.at(id);
    if (!pod.stop_began) pod.stop_began = now;
    container.stop.stage = StopProgress::Stage::kInProgress;
    actions.emplace_back(
        StopSidecar{id, RemainingGrace(pod, container, options, now), !container.stop.pre_stop_done});
    actions.emplace_back(
        Note{Note::Kind::kSidecarStop, pod.ref, container.name, "all main containers have finished"});
  }
}

}  // namespace

std::optional<Stamp> StampFor(const PodState& pod, const std::string& name, bool by_shim) {
  if (!pod.settings.enabled || !ShowsIntent(pod)) return std::nullopt;
  Stamp stamp{TraitsOf(pod, name), by_shim, std::nullopt};
  // Names can be queried again; without the envs that have arrived they would
  // mislead.
  if (pod.spec && !pod.spec->names_only) stamp.spec = pod.spec;
  return stamp;
}

std::optional<Time> SettlePod(PodState& pod, const Options& options, Time now, Actions& actions) {
  Wakeup wakeup;
  SettleReplies(pod, actions);
  SettleGates(pod, now, actions, wakeup);
  SettleKeptRequests(pod, actions);
  SettleProbes(pod, actions);
  SettleHeldStarts(pod, now, actions, wakeup);
  SettleTermination(pod, options, now, actions, wakeup);
  return wakeup.earliest();
}

void ReleasePod(PodState& pod, Actions& actions) {
  SettleReplies(pod, actions);
  SettleKeptRequests(pod, actions);
  for (const auto& [call, held] : std::exchange(pod.held_starts, {})) {
    actions.emplace_back(ForwardStart{call});
  }
  for (const ContainerId& id : std::exchange(pod.probing, {})) actions.emplace_back(StopProbing{id});
}

}  // namespace sidecar_shim::policy
