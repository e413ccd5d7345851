#include "policy/completion.h"

#include <algorithm>
#include <set>

namespace sidecar_shim::policy {
namespace {

// kubelet's longest pause before it pulls an image or runs a container again is
// 5 minutes; an older one may take 90 s more to notice that it is over
// (facts/kubelet.md §1).
constexpr Duration kLongestBackOff = std::chrono::seconds(5 * 60 + 90);

std::set<std::string> MainsOf(const PodState& pod) {
  std::set<std::string> mains;
  if (pod.spec) {
    for (const ContainerSpec& container : pod.spec->containers) {
      if (!pod.TraitsOf(container.name).sidecar) mains.insert(container.name);
    }
    return mains;
  }
  for (const auto& [id, container] : pod.containers) {
    if (!container.traits.sidecar) mains.insert(container.name);
  }
  return mains;
}

TriState RestartsAfter(const PodState& pod, const ContainerRecord& exited) {
  const ContainerSpec* spec = pod.spec ? pod.spec->Find(exited.name) : nullptr;
  return spec == nullptr ? TriState::kUnknown : pod.spec->RestartsAfter(*spec, exited.exit_code);
}

bool HasSidecar(const PodState& pod) {
  if (pod.spec) {
    return std::any_of(pod.spec->containers.begin(), pod.spec->containers.end(),
                       [&pod](const ContainerSpec& c) { return pod.TraitsOf(c.name).sidecar; });
  }
  return std::any_of(pod.containers.begin(), pod.containers.end(),
                     [](const auto& entry) { return entry.second.traits.sidecar; });
}

bool IsHeld(const PodState& pod, const std::string& name) {
  return std::any_of(pod.sandboxes.begin(), pod.sandboxes.end(), [&name](const auto& entry) {
    return !entry.second.stopping && entry.second.waiting.contains(name);
  });
}

// Whether there is a sandbox in which a container that went with its own may
// come again: a newer one.
bool HasSuccessor(const PodState& pod, const SandboxId& id) {
  auto its = pod.sandboxes.find(id);
  return std::any_of(pod.sandboxes.begin(), pod.sandboxes.end(), [&](const auto& entry) {
    return !entry.second.stopping &&
           (its == pod.sandboxes.end() || entry.second.sequence > its->second.sequence);
  });
}

// From when on no pull is to be expected any more that has failed before;
// nullopt while one is under way. A pull that is not tried again in time is not
// needed any more: somebody else may have pulled the image.
std::optional<Time> PullsFinishedAt(const PodState& pod) {
  if (!pod.pulls.empty()) return std::nullopt;
  Time over{};
  for (const auto& [image, failed_at] : pod.failed_pulls) over = std::max(over, failed_at + kLongestBackOff);
  return over;
}

// kubelet calls also for the stop of what has just ended without its knowing.
// Where that had settled the pod's end, it still does: in a deleted pod say.
bool StoppedAfterExit(const PodState& pod, const ContainerRecord& exited) {
  return pod.completed_since && exited.external_stop_at && *exited.external_stop_at >= exited.exit_seen;
}

// From when on an exit counts that kubelet has brought about; nullopt
// as long as nothing is settled. kubelet stops the containers of a deleted pod
// itself, sidecars with their preStop hooks included. A failed liveness probe
// looks the same from here; so do a new image, which may have to be pulled
// first, and a new sandbox, for both of which the container comes again
// whatever its exit code. So kubelet is given the pod's grace, from its last
// sign of life on, before the shim steps in.
std::optional<Time> FinalAfterKill(const PodState& pod, const ContainerRecord& stopped) {
  if (StoppedAfterExit(pod, stopped)) return stopped.exit_seen;
  Time sign = stopped.exit_seen;
  if (!pod.completed_since) {
    const std::optional<Time> pulls_over = PullsFinishedAt(pod);
    if (!pulls_over) return std::nullopt;
    if (stopped.killed_for_restart && !HasSuccessor(pod, stopped.sandbox)) return std::nullopt;
    sign = std::max({sign, pod.last_activity, *pulls_over});
  }
  return sign + std::max<Duration>(std::chrono::seconds(stopped.grace_seconds), kSandboxStopDelay);
}

// How long after a failure a container may come again whose policy nobody
// knows. One that has done so before may be in kubelet's back-off.
Duration RestartAllowance(const PodState& pod, const ContainerRecord& failed, const Options& options) {
  return options.restart_grace_period + (pod.restarted.contains(failed.name) ? kLongestBackOff : Duration{0});
}

// The earliest time at which this exit may count, nullopt if it does not as
// things are.
std::optional<Time> FinalFrom(const PodState& pod, const ContainerRecord& exited, const Options& options) {
  Time settled = exited.exit_seen;
  if (exited.external_stop || exited.killed_for_restart) {
    const std::optional<Time> from = FinalAfterKill(pod, exited);
    if (!from || IsHeld(pod, exited.name)) return std::nullopt;
    settled = *from;
  }
  switch (RestartsAfter(pod, exited)) {
    case TriState::kNo:
      return settled;
    case TriState::kYes:
      return std::nullopt;
    case TriState::kUnknown:
      if (!pod.job_labels) return std::nullopt;
      if (exited.exit_code == 0) return settled;
      // Under Never kubelet makes no second sandbox.
      if (exited.killed_for_restart && !StoppedAfterExit(pod, exited)) return std::nullopt;
      return std::max(settled, exited.exit_seen + RestartAllowance(pod, exited, options));
  }
  return std::nullopt;
}

}  // namespace

// Once complete, a pod stays so until a main comes back: restarts of other
// sidecars must not take the masks away.
Completion EvaluateCompletion(const PodState& pod, const Options& options, Time now) {
  Completion result;
  if (!pod.settings.enabled || !HasSidecar(pod)) return result;
  const std::set<std::string> mains = MainsOf(pod);
  if (mains.empty()) return result;

  Time final_from{};
  bool all_found = true;
  Time last_exit = Time::min();
  for (const std::string& main : mains) {
    const ContainerRecord* latest = pod.Latest(main);
    if (latest == nullptr || latest->state != RunState::kExited) return result;
    const std::optional<Time> from = FinalFrom(pod, *latest, options);
    if (!from) return result;
    final_from = std::max(final_from, *from);
    all_found = all_found && latest->exited_before_start;
    last_exit = std::max(last_exit, latest->exited_at);
    result.at = std::max(result.at, latest->finished_at);
    const bool may_return = RestartsAfter(pod, *latest) == TriState::kUnknown && latest->exit_code != 0;
    result.settled_at =
        std::max(result.settled_at,
                 latest->finished_at + (may_return ? RestartAllowance(pod, *latest, options) : Duration{0}));
  }
  if (!pod.spec && !pod.completed_since) {
    const std::optional<Time> pulls_over = PullsFinishedAt(pod);
    if (!pulls_over) return result;
    final_from = std::max({final_from, *pulls_over, pod.last_activity + options.quiet_period});
  }
  if (all_found) result.known_since = last_exit;
  if (now < final_from) {
    result.recheck_at = final_from;
    return result;
  }
  result.complete = true;
  return result;
}

bool IsMasked(const PodState& pod, const ContainerRecord& container, RuntimeTime finished_at,
              const Options& options, Time now) {
  if (!container.traits.sidecar || options.mask == MaskMode::kNever) return false;
  if (options.mask == MaskMode::kOnRequest && !container.traits.ignore_exit_code) return false;
  const Completion completion = EvaluateCompletion(pod, options, now);
  if (completion.complete) return finished_at >= completion.at;
  // Only time is missing. What had ended before this shim came may have been
  // stopped by an earlier one, which had waited; its own end shows for how long.
  return completion.recheck_at && container.exited_before_start && finished_at >= completion.settled_at;
}

}  // namespace sidecar_shim::policy
