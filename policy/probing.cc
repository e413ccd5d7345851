#include "policy/probing.h"

#include <algorithm>
#include <set>
#include <string>

#include "policy/gate.h"
#include "policy/launch_order.h"
#include "policy/queries.h"

namespace sidecar_shim::policy {
namespace {

// The names of the blockers that a held container still waits for.
std::set<std::string> AwaitedBlockers(const PodState& pod, const SandboxRecord& sandbox) {
  std::set<std::string> awaited;
  if (sandbox.stopping) return awaited;
  const auto waits = [](const auto& entry) {
    const LaunchProgress& progress = entry.second;
    return progress.held && !progress.held->launching && !progress.timed_out;
  };
  if (std::none_of(sandbox.progress.begin(), sandbox.progress.end(), waits)) return awaited;
  const LaunchOrder order = LaunchOrder::Of(pod);
  for (const auto& entry : sandbox.progress) {
    if (!waits(entry)) continue;
    for (const Ranked& blocker : order.BlockersOf(entry.first)) {
      if (!IsSatisfied(pod, sandbox, blocker.name)) awaited.insert(blocker.name);
    }
  }
  return awaited;
}

}  // namespace

std::map<ContainerId, const ContainerSpec*> ContainersToProbe(const PodState& pod) {
  std::map<ContainerId, const ContainerSpec*> to_probe;
  if (pod.terminating || !pod.spec || pod.settings.launch_gate == LaunchGate::kRunning) return to_probe;
  for (const auto& [sandbox_id, sandbox] : pod.sandboxes) {
    const std::set<std::string> awaited = AwaitedBlockers(pod, sandbox);
    if (awaited.empty()) continue;
    for (const auto& [id, container] : pod.containers) {
      if (container.sandbox != sandbox_id || container.state != RunState::kRunning) continue;
      if (container.StopInForce() || !awaited.contains(container.name)) continue;
      const ContainerSpec* spec = SpecOf(pod, container.name);
      if (spec != nullptr && spec->Probed()) to_probe.emplace(id, spec);
    }
  }
  return to_probe;
}

}  // namespace sidecar_shim::policy
