#include "policy/unknown_spec_completion.h"

#include <algorithm>

#include "policy/kubelet_timing.h"
#include "policy/queries.h"

namespace sidecar_shim::policy {

std::set<std::string> ObservedNames(const PodState& pod, bool sidecars) {
  std::set<std::string> names;
  for (const auto& [id, container] : pod.containers) {
    if (container.traits.sidecar == sidecars) names.insert(container.name);
  }
  return names;
}

std::optional<Time> ListKnownAt(const PodState& pod, const Options& options) {
  const std::optional<Time> pulls_finished = PullsFinishedAt(pod);
  if (!pulls_finished) return std::nullopt;
  return std::max(*pulls_finished, pod.last_activity + options.quiet_period);
}

std::optional<Time> FinalUnderUnknownPolicy(const PodState& pod, const ContainerRecord& exited, Time from,
                                            bool for_restart, const Options& options) {
  if (!pod.job_labels) return std::nullopt;
  if (exited.exit->code == 0) return from;
  // Under Never kubelet creates no second sandbox, so the policy is OnFailure.
  if (for_restart) return std::nullopt;
  return std::max(from, exited.exit->observed_at + RestartAllowance(pod, exited, options));
}

Duration RestartAllowance(const PodState& pod, const ContainerRecord& failed, const Options& options) {
  const bool restarted_before = pod.restarted.contains(failed.name);
  return options.restart_grace_period + (restarted_before ? kLongestBackOff : Duration{0});
}

}  // namespace sidecar_shim::policy
