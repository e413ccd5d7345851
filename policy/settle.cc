#include "policy/settle.h"

#include <algorithm>
#include <map>
#include <set>

#include "absl/strings/str_cat.h"
#include "policy/completion.h"
#include "policy/gate.h"
#include "policy/stamp.h"
#include "policy/termination.h"

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

void SettleGates(PodState& pod, Time now, Actions& actions, Wakeup& wakeup) {
  for (auto& [sandbox_id, sandbox] : pod.sandboxes) {
    if (sandbox.stopping) continue;
    for (auto& [name, waiting] : sandbox.waiting) {
      if (waiting.launching) continue;
      const Verdict verdict = EvaluateCreate(pod, sandbox, name);
      if (verdict.invalid) continue;
      if (!verdict.open && !sandbox.timed_out.contains(name)) {
        if (pod.settings.launch_timeout == Duration{0}) continue;
        const Time deadline = waiting.since + pod.settings.launch_timeout;
        if (now < deadline) {
          wakeup.At(deadline);
          continue;
        }
        sandbox.timed_out.insert(name);
        actions.emplace_back(Note{Note::Kind::kLaunchTimeout, pod.ref, name, verdict.message});
      }
      if (!waiting.remembered) continue;  // kubelet's own retry will find the gate open
      // Of a pod that is being deleted kubelet stops the containers first and
      // the sandbox after them. Whether this is one, its own retry will show.
      if (const Time until = pod.TeardownSuspectedUntil(sandbox_id); now < until) {
        if (until != Time::max()) wakeup.At(until);
        continue;
      }
      waiting.launching = true;
      actions.emplace_back(Launch{sandbox_id, name, StampFor(pod, name, /*by_shim=*/true)});
      actions.emplace_back(
          Note{Note::Kind::kLaunchAhead, pod.ref, name, "the containers it waited for are up"});
    }
  }
}

// Probes run only while somebody is held because of them.
std::set<std::string> ProbesWanted(const PodState& pod, const SandboxRecord& sandbox) {
  std::set<std::string> wanted;
  if (sandbox.stopping || sandbox.waiting.empty() || pod.settings.launch_gate == LaunchGate::kRunning ||
      pod.terminating) {
    return wanted;
  }
  const LaunchOrder order = LaunchOrder::Of(pod);
  for (const auto& [name, waiting] : sandbox.waiting) {
    if (waiting.launching || sandbox.timed_out.contains(name)) continue;
    for (const Ranked& blocker : order.BlockersOf(name)) {
      if (!IsSatisfied(pod, sandbox, blocker.name)) wanted.insert(blocker.name);
    }
  }
  return wanted;
}

void SettleProbes(PodState& pod, Actions& actions) {
  std::map<SandboxId, std::set<std::string>> wanted;
  for (const auto& [id, sandbox] : pod.sandboxes) wanted[id] = ProbesWanted(pod, sandbox);
  for (auto& [id, container] : pod.containers) {
    const ContainerSpec* spec = pod.spec ? pod.spec->Find(container.name) : nullptr;
    const bool probe = spec != nullptr && spec->Probed() && container.state == RunState::kRunning &&
                       !container.external_stop && wanted[container.sandbox].contains(container.name);
    if (probe == container.probing) continue;
    container.probing = probe;
    if (probe) {
      actions.emplace_back(StartProbing{id, container.sandbox, spec->startup_probe, spec->readiness_probe});
    } else {
      actions.emplace_back(StopProbing{id});
    }
  }
}

void SettleHeldStarts(PodState& pod, Time now, Actions& actions, Wakeup& wakeup) {
  for (auto it = pod.held_starts.begin(); it != pod.held_starts.end();) {
    const CallId call = it->first;
    auto found = pod.containers.find(it->second.container);
    if (found == pod.containers.end()) {
      actions.emplace_back(ForwardStart{call});  // the runtime knows best what to say of it
      it = pod.held_starts.erase(it);
      continue;
    }
    ContainerRecord& container = found->second;
    const bool launched = container.by_shim && !container.start_answered;
    Verdict verdict;
    auto sandbox = pod.sandboxes.find(container.sandbox);
    const bool stopping = sandbox == pod.sandboxes.end() || sandbox->second.stopping;
    if (stopping) {
      // Nobody will be started in there any more: the runtime says so at once.
    } else if (launched && !container.started) {
      verdict = {.open = false, .message = "sidecar-shim: the container is still being started"};
    } else if (!launched) {
      verdict = EvaluateStart(pod, container);
    }
    if (!verdict.open && now < it->second.patience) {
      wakeup.At(it->second.patience);
      ++it;
      continue;
    }
    if (!verdict.open) {
      actions.emplace_back(FailStart{call, verdict.message});
    } else if (launched && container.started) {
      container.start_answered = true;
      actions.emplace_back(AnswerStart{call});
    } else {
      actions.emplace_back(ForwardStart{call});
    }
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
    container.stop.stage = StopProgress::Stage::kUnderWay;
    actions.emplace_back(
        StopSidecar{id, RemainingGrace(pod, container, options, now), !container.stop.pre_stop_done});
    actions.emplace_back(
        Note{Note::Kind::kSidecarStop, pod.ref, container.name, "all main containers have finished"});
  }
}

}  // namespace

Annotations StampFor(const PodState& pod, const std::string& name, bool by_shim) {
  if (!pod.settings.enabled || !pod.ShowsIntent()) return {};
  Stamp stamp;
  stamp.traits = pod.TraitsOf(name);
  stamp.by_shim = by_shim;
  // Names can be asked for again; without what has arrived they would mislead.
  if (pod.spec && !pod.spec->names_only) stamp.spec = pod.spec;
  return WriteStamp(stamp);
}

std::optional<Time> SettlePod(PodState& pod, const Options& options, Time now, Actions& actions) {
  Wakeup wakeup;
  SettleGates(pod, now, actions, wakeup);
  SettleProbes(pod, actions);
  SettleHeldStarts(pod, now, actions, wakeup);
  SettleTermination(pod, options, now, actions, wakeup);
  return wakeup.earliest();
}

}  // namespace sidecar_shim::policy
