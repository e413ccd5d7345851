#include "shim/actuators/container_name.h"

#include "absl/strings/str_cat.h"
#include "shim/cri/convert.h"

namespace sidecar_shim {

std::string ContainerName::ToString() const {
  return absl::StrCat("pod=", pod.name.empty() ? "unknown" : Describe(pod), " container=", container);
}

ContainerName NameOfContainer(const policy::Engine& engine, const policy::ContainerId& id) {
  const policy::ContainerRecord* record = engine.FindContainer(id);
  const policy::PodState* pod = engine.PodOfContainer(id);
  ContainerName name;
  if (pod != nullptr) name.pod = pod->ref;
  name.container = record != nullptr ? record->name : id.value();
  return name;
}

ContainerName NameInSandbox(const policy::Engine& engine, const policy::SandboxId& sandbox,
                            const std::string& container) {
  const policy::PodState* pod = engine.FindPodOfSandbox(sandbox);
  ContainerName name;
  if (pod != nullptr) name.pod = pod->ref;
  name.container = container;
  return name;
}

}  // namespace sidecar_shim
