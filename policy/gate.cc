#include "policy/gate.h"

#include <algorithm>

#include "absl/strings/str_cat.h"

namespace sidecar_shim::policy {
namespace {

constexpr size_t kNamesInMessage = 3;

// Will not run in this sandbox although it has not run here yet: it did its
// work before the sandbox was replaced (only OnFailure lets a pod with a
// finished container have a new one), or its only start failed under Never.
bool WillNotRun(const PodState& pod, const std::string& name) {
  const ContainerRecord* latest = pod.Latest(name);
  return latest != nullptr && !latest->killed_for_restart && pod.IsComplete(*latest);
}

std::string Describe(const Ranked& ranked) {
  switch (ranked.priority.kind) {
    case Priority::Kind::kInvalid:
      return absl::StrCat("\"", ranked.name, "\" (whose ", kPriorityEnv, " \"", ranked.priority.text,
                          "\" is not a valid integer)");
    case Priority::Kind::kUnresolved:
      return absl::StrCat("\"", ranked.name, "\" (to learn its priority)");
    default:
      return absl::StrCat("\"", ranked.name, "\" (priority ", ranked.priority.value, ")");
  }
}

std::string InvalidMessage(const Priority& priority) {
  return absl::StrCat(
      "sidecar-shim: env ", kPriorityEnv, " has the value \"", priority.text,
      "\"; it must be an integer between -2147483647 and 2147483647. Correct the pod's spec.");
}

bool WaitsForProbe(const PodState& pod, const std::string& name) {
  if (pod.settings.launch_gate == LaunchGate::kRunning) return false;
  const ContainerSpec* spec = pod.spec->Find(name);
  return spec != nullptr && spec->Probed();
}

// The words stay the same while a container comes up, so that kubelet's events
// are merged.
std::string WaitMessage(const Ranked& self, const std::vector<Ranked>& missing, bool for_probe) {
  std::string list;
  for (size_t i = 0; i < std::min(missing.size(), kNamesInMessage); ++i) {
    absl::StrAppend(&list, i == 0 ? "" : ", ", Describe(missing[i]));
  }
  if (missing.size() > kNamesInMessage)
    absl::StrAppend(&list, " and ", missing.size() - kNamesInMessage, " more");
  return absl::StrCat("sidecar-shim: launch order: ", Describe(self), " waits for ", list,
                      for_probe ? " to be ready" : " to be started");
}

}  // namespace

bool IsSatisfied(const PodState& pod, const SandboxRecord& sandbox, const std::string& name) {
  if (WillNotRun(pod, name) || sandbox.not_expected.contains(name)) return true;
  if (!sandbox.ran.contains(name)) return false;
  if (pod.settings.launch_gate == LaunchGate::kRunning || sandbox.ended.contains(name)) return true;
  if (WaitsForProbe(pod, name) && !sandbox.ready.contains(name)) return false;
  const ContainerSpec* spec = pod.spec->Find(name);
  return (spec != nullptr && spec->post_start == TriState::kNo) || sandbox.post_start_done.contains(name);
}

Verdict EvaluateCreate(const PodState& pod, const SandboxRecord& sandbox, const std::string& name) {
  if (sandbox.stopping || sandbox.ran.contains(name) || !pod.settings.enabled) return {};
  const Priority own = pod.TraitsOf(name).priority;
  // Without a spec a bad value is refused too: the pod may have other containers.
  const bool judged_by_env =
      !pod.settings.ordered && !pod.TraitsOf(name).barrier &&
      (!pod.spec || (pod.spec->containers.size() > 1 && pod.spec->Find(name) != nullptr));
  if (judged_by_env && own.kind == Priority::Kind::kInvalid)
    return {.open = false, .message = InvalidMessage(own), .invalid = true};

  const LaunchOrder order = LaunchOrder::Of(pod);
  std::vector<Ranked> missing = order.BlockersOf(name);
  std::erase_if(missing, [&](const Ranked& blocker) { return IsSatisfied(pod, sandbox, blocker.name); });
  if (missing.empty()) return {};
  const bool for_probe = std::any_of(missing.begin(), missing.end(),
                                     [&](const Ranked& blocker) { return WaitsForProbe(pod, blocker.name); });
  const bool learning = std::any_of(missing.begin(), missing.end(), [](const Ranked& blocker) {
    return blocker.priority.kind == Priority::Kind::kUnresolved;
  });
  return {.open = false,
          .message = WaitMessage(*order.Find(name), missing, for_probe),
          .silent = for_probe || learning};
}

Verdict EvaluateStart(const PodState& pod, const ContainerRecord& container) {
  // Where a spec is known, the gate at the create has decided already, a launch
  // timeout included.
  if (!pod.settings.enabled || pod.spec || container.started || container.traits.barrier) return {};
  auto sandbox = pod.sandboxes.find(container.sandbox);
  auto ran = [&](const std::string& name) {
    return sandbox != pod.sandboxes.end() && sandbox->second.ran.contains(name);
  };
  if (ran(container.name)) return {};
  const ContainerRecord* blocker = nullptr;
  for (const auto& [id, other] : pod.containers) {
    // kubelet leaves a container behind whose start it could not finish, and
    // goes on with another attempt; nobody will ever start the old one.
    if (other.sandbox != container.sandbox || other.name == container.name || ran(other.name) ||
        other.state != RunState::kCreated || other.traits.barrier) {
      continue;
    }
    const bool higher = pod.settings.ordered ? other.sequence < container.sequence
                                             : other.traits.priority.value > container.traits.priority.value;
    if (higher && (blocker == nullptr || other.traits.priority.value > blocker->traits.priority.value)) {
      blocker = &other;
    }
  }
  if (blocker == nullptr) return {};
  return {.open = false,
          .message =
              absl::StrCat("sidecar-shim: launch order: \"", container.name, "\" (priority ",
                           container.traits.priority.value, ") waits for \"", blocker->name, "\" (priority ",
                           blocker->traits.priority.value,
                           "), which is created but was never started. Start that one first, or remove it.")};
}

std::optional<std::string> FindInversion(const PodState& pod, const SandboxRecord& sandbox,
                                         const std::string& name, const Traits& traits) {
  if (!pod.settings.enabled || pod.settings.ordered || traits.barrier || sandbox.ran.contains(name) ||
      traits.priority.kind != Priority::Kind::kValue) {
    return std::nullopt;
  }
  // Init, ephemeral and native sidecar containers are not counted, where a spec tells.
  if (pod.spec && pod.spec->Find(name) == nullptr) return std::nullopt;
  for (const std::string& other : sandbox.ran) {
    if (pod.spec && pod.spec->Find(other) == nullptr) continue;
    const ContainerRecord* record = pod.Latest(other);
    // Without a spec a container that has finished may have been an init container.
    if (!pod.spec && (record == nullptr || record->state != RunState::kRunning)) continue;
    if (pod.TraitsOf(other).priority.value < traits.priority.value) return other;
  }
  return std::nullopt;
}

}  // namespace sidecar_shim::policy
