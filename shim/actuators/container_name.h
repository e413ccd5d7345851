// How the log names a container: every line of an actuator has
// "pod=<namespace>/<name> container=<name>".
#ifndef SIDECAR_SHIM_SHIM_ACTUATORS_CONTAINER_NAME_H_
#define SIDECAR_SHIM_SHIM_ACTUATORS_CONTAINER_NAME_H_

#include <string>

#include "policy/engine.h"

namespace sidecar_shim {

struct ContainerName {
  std::string ToString() const;

  policy::PodRef pod;
  std::string container;
};

// The name of a container that the policy knows; of any other one, its id and an
// empty pod.
ContainerName NameOfContainer(const policy::Engine& engine, const policy::ContainerId& id);

// The name of a container that does not exist yet, in a sandbox that the policy knows.
ContainerName NameInSandbox(const policy::Engine& engine, const policy::SandboxId& sandbox,
                            const std::string& container);

}  // namespace sidecar_shim

#endif  // SIDECAR_SHIM_SHIM_ACTUATORS_CONTAINER_NAME_H_
