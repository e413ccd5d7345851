#include "policy/create_decision.h"

#include <utility>

#include "absl/strings/str_cat.h"
#include "policy/gate.h"
#include "policy/kubelet_timing.h"
#include "policy/queries.h"
#include "policy/restart_detection.h"

namespace sidecar_shim::policy {
namespace {

// The container that the shim itself created for this name in this sandbox and
// that the request must be answered with; null if there is none.
const ContainerId* FindLaunched(const PodState& pod, const CreateRequested& request) {
  const ContainerId* id = nullptr;
  const ContainerRecord* newest = nullptr;
  for (const auto& [candidate, container] : pod.containers) {
    if (container.sandbox != request.sandbox || container.name != request.name || container.collected)
      continue;
    if (newest != nullptr && newest->sequence >= container.sequence) continue;
    id = &candidate;
    newest = &container;
  }
  if (newest == nullptr || !newest->by_shim || newest->StopInForce()) return nullptr;
  const bool alive = newest->state == RunState::kCreated || newest->state == RunState::kRunning;
  // A larger attempt for a container that has exited is a restart: kubelet has
  // seen the exit. Unless that exit is final: then kubelet acts on an older
  // status of the pod (it counts attempts over sandboxes) and must not run it
  // again.
  return alive || request.attempt <= newest->attempt || WillNotRestart(pod, *newest) ? id : nullptr;
}

// Only kubelet runs a postStart hook, so the shim launches a container only
// where a spec rules the hook out.
bool MayLaunchAhead(const PodState& pod, const std::string& name, const Options& options) {
  const ContainerSpec* spec = SpecOf(pod, name);
  return options.launch_ahead && spec != nullptr && spec->post_start == TriState::kNo;
}

}  // namespace

CreateDecision DecideCreate(const PodState& pod, const CreateRequested& request, const Options& options) {
  if (const ContainerId* launched = FindLaunched(pod, request)) return UseExisting{*launched};
  const SandboxRecord& sandbox = pod.sandboxes.at(request.sandbox);
  const LaunchProgress& progress = ProgressOf(sandbox, request.name);
  if (progress.held && progress.held->launching) return JoinLaunch{};

  Verdict verdict = EvaluateCreate(pod, sandbox, request.name);
  if (verdict.invalid) return Refuse{verdict.message, verdict.message, /*remember=*/false};
  if (verdict.open || progress.timed_out) return Admit{};
  const bool remember = MayLaunchAhead(pod, request.name, options);
  const bool only_attempt = !remember && CompletedWithItsSandbox(pod, request.sandbox, request.name);
  if (only_attempt) return Admit{absl::StrCat(verdict.message, "; admitted, kubelet requests it only once")};
  return Refuse{verdict.message,
                absl::StrCat(verdict.message, verdict.silent && !remember ? kQuickRetryText : ""), remember};
}

}  // namespace sidecar_shim::policy
