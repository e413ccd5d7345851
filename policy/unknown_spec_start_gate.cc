#include "policy/unknown_spec_start_gate.h"

#include "absl/strings/str_cat.h"
#include "policy/queries.h"

namespace sidecar_shim::policy {
namespace {

// kubelet keeps a container whose start failed and creates the next attempt; the
// old one is never started. So a name that has run blocks no more.
bool IsUnstartedNeighbour(const SandboxRecord& sandbox, const ContainerRecord& container,
                          const ContainerRecord& other) {
  return other.sandbox == container.sandbox && other.name != container.name && !other.traits.barrier &&
         other.state == RunState::kCreated && !ProgressOf(sandbox, other.name).started();
}

const ContainerRecord* FindBlocker(const PodState& pod, const SandboxRecord& sandbox,
                                   const ContainerRecord& container) {
  const ContainerRecord* blocker = nullptr;
  for (const auto& [id, other] : pod.containers) {
    if (!IsUnstartedNeighbour(sandbox, container, other)) continue;
    const int64_t priority = other.traits.priority.value;
    const bool higher = pod.settings.ordered ? other.sequence < container.sequence
                                             : priority > container.traits.priority.value;
    if (higher && (blocker == nullptr || priority > blocker->traits.priority.value)) blocker = &other;
  }
  return blocker;
}

}  // namespace

Verdict EvaluateStart(const PodState& pod, const ContainerRecord& container) {
  if (!pod.settings.enabled || pod.spec || container.started || container.traits.barrier) return {};
  auto sandbox = pod.sandboxes.find(container.sandbox);
  if (sandbox == pod.sandboxes.end() || ProgressOf(sandbox->second, container.name).started()) return {};
  const ContainerRecord* blocker = FindBlocker(pod, sandbox->second, container);
  if (blocker == nullptr) return {};
  return {.open = false,
          .message =
              absl::StrCat("sidecar-shim: launch order: \"", container.name, "\" (priority ",
                           container.traits.priority.value, ") waits for \"", blocker->name, "\" (priority ",
                           blocker->traits.priority.value,
                           "), which is created but was never started. Start that one first, or remove it.")};
}

}  // namespace sidecar_shim::policy
