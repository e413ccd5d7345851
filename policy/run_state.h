// The state of a container as the runtime reports it (CRI ContainerState).
#ifndef SIDECAR_SHIM_POLICY_RUN_STATE_H_
#define SIDECAR_SHIM_POLICY_RUN_STATE_H_

namespace sidecar_shim::policy {

enum class RunState { kCreated, kRunning, kExited, kUnknown };

}  // namespace sidecar_shim::policy

#endif  // SIDECAR_SHIM_POLICY_RUN_STATE_H_
