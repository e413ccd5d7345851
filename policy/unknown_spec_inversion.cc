#include "policy/unknown_spec_inversion.h"

#include "absl/strings/str_cat.h"
#include "policy/queries.h"

namespace sidecar_shim::policy {
namespace {

// Init, ephemeral and native sidecar containers do not count, where a spec shows
// them. Without one, a container that has exited may have been an init
// container.
bool Counts(const PodState& pod, const std::string& name) {
  if (pod.spec) return pod.spec->Find(name) != nullptr;
  const ContainerRecord* latest = Latest(pod, name);
  return latest != nullptr && latest->state == RunState::kRunning;
}

const char* Excuse(const PodState& pod) {
  if (!pod.spec) return "; no spec source reported it in time";
  return pod.spec->names_only ? "; only names were known, and it may be a native sidecar" : "";
}

}  // namespace

std::optional<std::string> DescribeInversion(const PodState& pod, const CreateRequested& request) {
  const SandboxRecord& sandbox = pod.sandboxes.at(request.sandbox);
  const LaunchProgress& own = ProgressOf(sandbox, request.name);
  const Priority& priority = request.traits.priority;
  if (!pod.settings.enabled || pod.settings.ordered || request.traits.barrier || own.started() || own.held ||
      priority.kind != Priority::Kind::kValue || (pod.spec && !pod.spec->Find(request.name))) {
    return std::nullopt;
  }
  for (const auto& [name, progress] : sandbox.progress) {
    if (!progress.started() || !Counts(pod, name)) continue;
    if (TraitsOf(pod, name).priority.value >= priority.value) continue;
    return absl::StrCat("priority ", priority.value, " arrives after \"", name,
                        "\" of lower priority has started", Excuse(pod));
  }
  return std::nullopt;
}

}  // namespace sidecar_shim::policy
