#include "policy/engine.h"

#include <type_traits>
#include <utility>

#include "policy/create_decision.h"
#include "policy/settle.h"
#include "policy/transitions.h"
#include "policy/unknown_spec_inversion.h"

namespace sidecar_shim::policy {
namespace {

// The id by which an event names its pod.
template <typename E>
const auto& KeyOf(const E& event) {
  if constexpr (requires { event.container; }) {
    return event.container;
  } else if constexpr (requires { event.sandbox; }) {
    return event.sandbox;
  } else {
    return event.pod;
  }
}
// These carry the id of a container that may not be known yet.
const SandboxId& KeyOf(const ContainerSeen& event) { return event.sandbox; }

Action ToAction(const CreateDecision& decision, const CreateRequested& request, const PodState& pod) {
  if (const auto* existing = std::get_if<UseExisting>(&decision)) {
    return AnswerCreate{request.call, existing->container};
  }
  if (const auto* refuse = std::get_if<Refuse>(&decision)) {
    return RefuseCreate{request.call, refuse->message, refuse->remember};
  }
  return AdmitCreate{request.call, StampFor(pod, request.name, /*by_shim=*/false)};
}

}  // namespace

Actions Engine::OnEvent(const Event& event, Time now) {
  Actions actions;
  std::visit([&](const auto& specific) { Handle(specific, now, actions); }, event);
  return actions;
}

std::optional<Time> Engine::NextWakeup() const {
  std::optional<Time> earliest;
  for (const auto& [ref, pod] : index_.pods()) {
    if (pod.wakeup && (!earliest || *pod.wakeup < *earliest)) earliest = pod.wakeup;
  }
  return earliest;
}

void Engine::Settle(IndexedPod& pod, Time now, Actions& actions) {
  pod.wakeup = SettlePod(pod.state, options_, now, actions);
}

template <typename E>
void Engine::ApplyAndSettle(const E& event, IndexedPod& pod, Time now, Actions& actions) {
  Transition transition{options_, now, next_sequence_};
  const bool changed = Apply(event, pod.state, transition);
  for (const ContainerId& id : transition.removed) index_.Remove(id);
  if constexpr (std::is_same_v<E, ContainerSeen>) index_.AddContainer(pod.state.ref, event.container);
  if (changed) Settle(pod, now, actions);
}

template <typename E>
void Engine::Handle(const E& event, Time now, Actions& actions) {
  if (IndexedPod* pod = index_.Find(KeyOf(event))) ApplyAndSettle(event, *pod, now, actions);
}

void Engine::Handle(const SandboxSeen& event, Time now, Actions& actions) {
  ApplyAndSettle(event, index_.AddSandbox(event.pod, event.sandbox), now, actions);
}

void Engine::Handle(const CreateRequested& event, Time now, Actions& actions) {
  IndexedPod* pod = index_.Find(event.sandbox);
  if (pod == nullptr) {
    actions.emplace_back(AdmitCreate{event.call, std::nullopt});
    return;
  }
  PodState& state = pod->state;
  Transition transition{options_, now, next_sequence_};
  Apply(event, state, transition);
  const CreateDecision decision = DecideCreate(state, event, options_);
  const auto* admit = std::get_if<Admit>(&decision);
  const auto* refuse = std::get_if<Refuse>(&decision);
  if (admit != nullptr || refuse != nullptr) {
    if (std::optional<std::string> inversion = DescribeInversion(state, event)) {
      actions.emplace_back(Note{Note::Kind::kInversion, state.ref, event.name, *std::move(inversion)});
    }
  }
  if (admit != nullptr && admit->out_of_order) {
    actions.emplace_back(Note{Note::Kind::kInversion, state.ref, event.name, *admit->out_of_order});
  }
  const bool newly_held = Apply(decision, event, state, now);
  if (newly_held) actions.emplace_back(Note{Note::Kind::kRefused, state.ref, event.name, refuse->reason});
  if (!std::holds_alternative<JoinLaunch>(decision)) actions.push_back(ToAction(decision, event, state));
  Settle(*pod, now, actions);
}

void Engine::Handle(const StartRequested& event, Time now, Actions& actions) {
  if (IndexedPod* pod = index_.Find(event.container)) {
    ApplyAndSettle(event, *pod, now, actions);
  } else {
    actions.emplace_back(ForwardStart{event.call});
  }
}

void Engine::Handle(const SandboxGone& event, Time now, Actions& actions) {
  IndexedPod* pod = index_.Find(event.sandbox);
  if (pod == nullptr) return;
  index_.Remove(event.sandbox);
  if (pod->state.sandboxes.size() > 1) {
    ApplyAndSettle(event, *pod, now, actions);
    return;
  }
  Transition transition{options_, now, next_sequence_};
  Apply(SandboxStopping{event.sandbox}, pod->state, transition);
  ReleasePod(pod->state, actions);
  index_.Remove(PodRef(pod->state.ref));
}

void Engine::Handle(const CallCancelled& event, Time now, Actions& actions) {
  for (auto& [ref, pod] : index_.pods()) ApplyAndSettle(event, pod, now, actions);
}

void Engine::Handle(const Tick&, Time now, Actions& actions) {
  for (auto& [ref, pod] : index_.pods()) {
    if (pod.wakeup && *pod.wakeup <= now) Settle(pod, now, actions);
  }
}

}  // namespace sidecar_shim::policy
