// What becomes of a create: admitted, refused, or answered with a container
// that the shim has made already.
#include <utility>

#include "absl/strings/str_cat.h"
#include "policy/engine.h"
#include "policy/gate.h"
#include "policy/settle.h"

namespace sidecar_shim::policy {
namespace {

// kubelet retries an error with these words after 1-1.5 s instead of 10-15 s
// (facts/kubelet.md §2). For what no event of kubelet's will follow.
constexpr absl::string_view kRetryHint = "; network is not ready";

// Which containers a new sandbox gets kubelet decides before it stops those in
// the old one; whenever it decides anew, one that ended with 0 then, say, has
// done its work as far as it knows (computePodActions).
bool CompletedWithItsSandbox(const PodState& pod, const SandboxId& sandbox, const std::string& name) {
  const ContainerRecord* latest = pod.Latest(name);
  return latest != nullptr && latest->killed_for_restart && latest->sandbox != sandbox &&
         pod.IsComplete(*latest);
}

// Asked for a container again, and for no new one in between: kubelet has been
// through all that it is willing to create. Where only names are known, what it
// has not asked for is no regular container, or has no image yet, and must not
// be waited for; nor must one that will not come again, because its first
// create failed, or because init containers came first.
void MarkUnrequestedContainers(const PodState& pod, const SandboxId& id, SandboxRecord& sandbox,
                               const std::string& name) {
  auto waiting = sandbox.waiting.find(name);
  if (!pod.spec || waiting == sandbox.waiting.end() || waiting->second.requested != sandbox.requested.size())
    return;
  for (const ContainerSpec& container : pod.spec->containers) {
    if (sandbox.requested.contains(container.name)) continue;
    if ((pod.spec->names_only && !pod.arrived.contains(container.name)) ||
        CompletedWithItsSandbox(pod, id, container.name)) {
      sandbox.not_expected.insert(container.name);
    }
  }
}

// The container of that name that the shim itself made in this sandbox and
// that a create with this attempt number must be answered with; null if none.
const std::pair<const ContainerId, ContainerRecord>* FindLaunched(const PodState& pod,
                                                                  const SandboxId& sandbox,
                                                                  const std::string& name, uint32_t attempt) {
  const std::pair<const ContainerId, ContainerRecord>* newest = nullptr;
  for (const auto& entry : pod.containers) {
    const ContainerRecord& container = entry.second;
    if (container.sandbox != sandbox || container.name != name || container.collected) continue;
    if (newest == nullptr || newest->second.sequence < container.sequence) newest = &entry;
  }
  if (newest == nullptr || !newest->second.by_shim || newest->second.external_stop) return nullptr;
  const ContainerRecord& container = newest->second;
  const bool alive = container.state == RunState::kCreated || container.state == RunState::kRunning;
  // A larger attempt for an ended container is a restart: kubelet has seen the
  // exit. Unless that exit is final, then kubelet goes by an older look at the
  // pod (it counts attempts over sandboxes) and must not run it again.
  return alive || attempt <= container.attempt || pod.WillNotRestart(container) ? newest : nullptr;
}

}  // namespace

Engine::Pod* Engine::On(const CreateRequested& event, Time now, Actions& actions) {
  Pod* pod = PodOfSandbox(event.sandbox);
  if (pod == nullptr) {
    actions.emplace_back(AdmitCreate{event.call, {}});
    return nullptr;
  }
  PodState& state = pod->state;
  SandboxRecord& sandbox = state.sandboxes.at(event.sandbox);
  if (!event.pod_annotations.empty()) UpdateSettings(state, event.pod_annotations, actions);
  state.last_activity = now;
  state.arrived.insert_or_assign(event.name, event.traits);
  // kubelet is past where it was: what it had not asked for may come now.
  if (sandbox.requested.insert(event.name).second) sandbox.not_expected.clear();
  // kubelet runs a postStart hook before it makes its next call for the pod.
  sandbox.post_start_done = sandbox.ran;

  if (const auto* launched = FindLaunched(state, event.sandbox, event.name, event.attempt)) {
    actions.emplace_back(AnswerCreate{event.call, launched->first});
    return pod;
  }
  auto waiting = sandbox.waiting.find(event.name);
  if (waiting != sandbox.waiting.end() && waiting->second.launching) {
    waiting->second.creates.push_back(event.call);
    return pod;
  }
  const bool asked_before = waiting != sandbox.waiting.end();
  if (std::optional<std::string> other = FindInversion(state, sandbox, event.name, event.traits);
      other && !asked_before) {
    const char* excuse = !state.spec              ? "; no spec source told of it in time"
                         : state.spec->names_only ? "; only names were known, and it may be a native sidecar"
                                                  : "";
    actions.emplace_back(Note{Note::Kind::kInversion, state.ref, event.name,
                              absl::StrCat("priority ", event.traits.priority.value, " arrives after \"",
                                           *other, "\" of lower priority has started", excuse)});
  }
  MarkUnrequestedContainers(state, event.sandbox, sandbox, event.name);
  const Verdict verdict = EvaluateCreate(state, sandbox, event.name);
  const ContainerSpec* spec = state.spec ? state.spec->Find(event.name) : nullptr;
  const bool remember =
      options_.launch_ahead && !verdict.invalid && spec != nullptr && spec->post_start == TriState::kNo;
  const bool only_attempt = !verdict.open && !verdict.invalid && !remember &&
                            CompletedWithItsSandbox(state, event.sandbox, event.name);
  if (only_attempt) {
    actions.emplace_back(Note{Note::Kind::kInversion, state.ref, event.name,
                              absl::StrCat(verdict.message, "; let go, for kubelet asks for it only once")});
  }
  if (verdict.open || only_attempt || (sandbox.timed_out.contains(event.name) && !verdict.invalid)) {
    if (waiting != sandbox.waiting.end()) {
      if (waiting->second.remembered) actions.emplace_back(Forget{event.sandbox, event.name});
      sandbox.waiting.erase(waiting);
    }
    actions.emplace_back(AdmitCreate{event.call, StampFor(state, event.name, /*by_shim=*/false)});
    return pod;
  }
  if (waiting == sandbox.waiting.end()) {
    waiting = sandbox.waiting.emplace(event.name, WaitingContainer{}).first;
    waiting->second.since = now;
    actions.emplace_back(Note{Note::Kind::kRefused, state.ref, event.name, verdict.message});
  }
  if (waiting->second.remembered && !remember) actions.emplace_back(Forget{event.sandbox, event.name});
  waiting->second.remembered = remember;
  waiting->second.requested = sandbox.requested.size();
  actions.emplace_back(RefuseCreate{
      event.call, absl::StrCat(verdict.message, verdict.silent && !remember ? kRetryHint : ""), remember});
  return pod;
}

Engine::Pod* Engine::On(const CreateFailed& event, Time now, Actions& actions) {
  Pod* pod = PodOfSandbox(event.sandbox);
  if (pod == nullptr) return nullptr;
  pod->state.last_activity = now;
  SandboxRecord& sandbox = pod->state.sandboxes.at(event.sandbox);
  sandbox.requested.erase(event.name);
  if (!event.by_shim) return pod;
  auto& waiting = sandbox.waiting;
  if (auto it = waiting.find(event.name); it != waiting.end()) {
    // kubelet's own request goes to the runtime, which tells it what is wrong.
    for (CallId call : it->second.creates) {
      actions.emplace_back(AdmitCreate{call, StampFor(pod->state, event.name, /*by_shim=*/false)});
    }
    waiting.erase(it);
  }
  return pod;
}

}  // namespace sidecar_shim::policy
