#include "policy/unknown_spec_names.h"

#include <algorithm>

#include "policy/queries.h"
#include "policy/restart_detection.h"

namespace sidecar_shim::policy {

size_t CountRequested(const SandboxRecord& sandbox) {
  return static_cast<size_t>(std::count_if(sandbox.progress.begin(), sandbox.progress.end(),
                                           [](const auto& entry) { return entry.second.requested; }));
}

void MarkUnrequestedContainers(PodState& pod, const SandboxId& id, const std::string& name) {
  SandboxRecord& sandbox = pod.sandboxes.at(id);
  const std::optional<HeldCreate>& held = ProgressOf(sandbox, name).held;
  if (!pod.spec || !held || held->launching || held->requested_by_then != CountRequested(sandbox)) return;
  for (const ContainerSpec& container : pod.spec->containers) {
    if (ProgressOf(sandbox, container.name).requested) continue;
    const bool unseen = pod.spec->names_only && !pod.arrived.contains(container.name);
    if (unseen || CompletedWithItsSandbox(pod, id, container.name)) {
      sandbox.progress[container.name].not_expected = true;
    }
  }
}

}  // namespace sidecar_shim::policy
