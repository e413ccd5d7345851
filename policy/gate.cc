#include "policy/gate.h"

#include <algorithm>
#include <vector>

#include "absl/strings/str_cat.h"
#include "policy/launch_order.h"
#include "policy/queries.h"

namespace sidecar_shim::policy {
namespace {

constexpr size_t kNamesInMessage = 3;

// It has not run in this sandbox and will not: it completed before the sandbox
// was replaced (only OnFailure lets a pod with a finished container have a new
// one), or its only start failed under Never.
bool WillNotRun(const PodState& pod, const std::string& name) {
  const ContainerRecord* latest = Latest(pod, name);
  return latest != nullptr && !latest->killed_for_restart && IsComplete(pod, *latest);
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

bool IsGatedByProbe(const PodState& pod, const std::string& name) {
  if (pod.settings.launch_gate == LaunchGate::kRunning) return false;
  const ContainerSpec* spec = SpecOf(pod, name);
  return spec != nullptr && spec->Probed();
}

// Does a priority that is not a number keep this container from being created?
bool HasInvalidPriority(const PodState& pod, const std::string& name) {
  const Traits traits = TraitsOf(pod, name);
  if (traits.priority.kind != Priority::Kind::kInvalid) return false;
  if (pod.settings.ordered || traits.barrier) return false;
  // Without a spec it counts too: the pod may have other containers.
  return !pod.spec || (pod.spec->containers.size() > 1 && pod.spec->Find(name) != nullptr);
}

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
  const LaunchProgress& progress = ProgressOf(sandbox, name);
  if (WillNotRun(pod, name) || progress.not_expected) return true;
  if (!progress.started()) return false;
  if (pod.settings.launch_gate == LaunchGate::kRunning) return true;
  if (progress.stage == LaunchProgress::Stage::kEnded) return true;
  if (IsGatedByProbe(pod, name) && !progress.ready) return false;
  const ContainerSpec* spec = SpecOf(pod, name);
  return (spec != nullptr && spec->post_start == TriState::kNo) || progress.post_start_done;
}

Verdict EvaluateCreate(const PodState& pod, const SandboxRecord& sandbox, const std::string& name) {
  if (sandbox.stopping || ProgressOf(sandbox, name).started() || !pod.settings.enabled) return {};
  if (HasInvalidPriority(pod, name)) {
    return {.open = false, .message = InvalidMessage(TraitsOf(pod, name).priority), .invalid = true};
  }
  const LaunchOrder order = LaunchOrder::Of(pod);
  std::vector<Ranked> missing = order.BlockersOf(name);
  std::erase_if(missing, [&](const Ranked& blocker) { return IsSatisfied(pod, sandbox, blocker.name); });
  if (missing.empty()) return {};
  const bool for_probe = std::any_of(missing.begin(), missing.end(), [&](const Ranked& blocker) {
    return IsGatedByProbe(pod, blocker.name);
  });
  const bool learning = std::any_of(missing.begin(), missing.end(), [](const Ranked& blocker) {
    return blocker.priority.kind == Priority::Kind::kUnresolved;
  });
  return {.open = false,
          .message = WaitMessage(*order.Find(name), missing, for_probe),
          .silent = for_probe || learning};
}

}  // namespace sidecar_shim::policy
