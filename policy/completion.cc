#include "policy/completion.h"

#include <algorithm>
#include <set>
#include <string>

#include "policy/kubelet_timing.h"
#include "policy/queries.h"
#include "policy/restart_detection.h"
#include "policy/unknown_spec_completion.h"

namespace sidecar_shim::policy {
namespace {

// The regular containers of one kind, by name.
std::set<std::string> DeclaredNames(const PodState& pod, bool sidecars) {
  std::set<std::string> names;
  for (const ContainerSpec& container : pod.spec->containers) {
    if (TraitsOf(pod, container.name).sidecar == sidecars) names.insert(container.name);
  }
  return names;
}

std::set<std::string> NamesOf(const PodState& pod, bool sidecars) {
  return pod.spec ? DeclaredNames(pod, sidecars) : ObservedNames(pod, sidecars);
}

bool IsHeld(const PodState& pod, const std::string& name) {
  return std::any_of(pod.sandboxes.begin(), pod.sandboxes.end(), [&name](const auto& entry) {
    return !entry.second.stopping && ProgressOf(entry.second, name).held.has_value();
  });
}

// kubelet also stops a container that has just exited without kubelet knowing it
// yet. If that exit had completed the pod, it still does: in a pod that is
// deleted at that moment, for example.
bool StoppedAfterExit(const PodState& pod, const ContainerRecord& exited) {
  return pod.completed_since && exited.external_stop && exited.external_stop->at >= exited.exit->observed_at;
}

// When an exit that kubelet caused becomes final; nullopt = undecided. See the
// head of completion.h.
std::optional<Time> FinalAfterKill(const PodState& pod, const ContainerRecord& killed) {
  if (StoppedAfterExit(pod, killed)) return killed.exit->observed_at;
  Time last_sign = killed.exit->observed_at;
  if (!pod.completed_since) {
    const std::optional<Time> pulls_finished = PullsFinishedAt(pod);
    if (!pulls_finished) return std::nullopt;
    if (killed.killed_for_restart && !HasSuccessor(pod, killed.sandbox)) return std::nullopt;
    last_sign = std::max({last_sign, pod.last_activity, *pulls_finished});
  }
  return last_sign + std::max<Duration>(std::chrono::seconds(killed.grace_seconds), kSandboxStopDelay);
}

// The earliest time at which this exit may count; nullopt if it does not as
// things are.
std::optional<Time> FinalFrom(const PodState& pod, const ContainerRecord& exited, const Options& options) {
  Time from = exited.exit->observed_at;
  if (exited.StopInForce() || exited.killed_for_restart) {
    const std::optional<Time> after_kill = FinalAfterKill(pod, exited);
    if (!after_kill || IsHeld(pod, exited.name)) return std::nullopt;
    from = *after_kill;
  }
  switch (RestartsAfterExit(pod, exited)) {
    case TriState::kNo:
      return from;
    case TriState::kYes:
      return std::nullopt;
    case TriState::kUnknown:
      break;
  }
  const bool for_restart = exited.killed_for_restart && !StoppedAfterExit(pod, exited);
  return FinalUnderUnknownPolicy(pod, exited, from, for_restart, options);
}

// How long after its end a failed main container may be restarted although its
// policy does not say so.
Duration UndecidedFor(const PodState& pod, const ContainerRecord& main, const Options& options) {
  const bool undecided = RestartsAfterExit(pod, main) == TriState::kUnknown && main.exit->code != 0;
  return undecided ? RestartAllowance(pod, main, options) : Duration{0};
}

}  // namespace

Completion EvaluateCompletion(const PodState& pod, const Options& options, Time now) {
  Completion result;
  if (!pod.settings.enabled || NamesOf(pod, /*sidecars=*/true).empty()) return result;
  const std::set<std::string> mains = NamesOf(pod, /*sidecars=*/false);
  if (mains.empty()) return result;

  Time final_from{};
  bool all_before_shim = true;
  Time last_exit = Time::min();
  for (const std::string& name : mains) {
    const ContainerRecord* main = Latest(pod, name);
    if (main == nullptr || !main->exit) return result;
    const std::optional<Time> from = FinalFrom(pod, *main, options);
    if (!from) return result;
    final_from = std::max(final_from, *from);
    all_before_shim = all_before_shim && main->exit->before_shim;
    last_exit = std::max(last_exit, main->exit->happened_at);
    result.at = std::max(result.at, main->exit->finished_at);
    result.settled_at =
        std::max(result.settled_at, main->exit->finished_at + UndecidedFor(pod, *main, options));
  }
  if (!pod.spec && !pod.completed_since) {
    const std::optional<Time> list_known = ListKnownAt(pod, options);
    if (!list_known) return result;
    final_from = std::max(final_from, *list_known);
  }
  if (all_before_shim) result.known_since = last_exit;
  result.complete = now >= final_from;
  if (!result.complete) result.recheck_at = final_from;
  return result;
}

bool IsMasked(const PodState& pod, const ContainerRecord& container, RuntimeTime finished_at,
              const Options& options, Time now) {
  if (!container.traits.sidecar || options.mask == MaskMode::kNever) return false;
  if (options.mask == MaskMode::kOnRequest && !container.traits.ignore_exit_code) return false;
  const Completion completion = EvaluateCompletion(pod, options, now);
  if (completion.complete) return finished_at >= completion.at;
  // Only time is missing. A sidecar that exited before this shim started may
  // have been stopped by an earlier one, which had waited; its own end shows for
  // how long.
  const bool before_shim = container.exit && container.exit->before_shim;
  return completion.recheck_at && before_shim && finished_at >= completion.settled_at;
}

}  // namespace sidecar_shim::policy
