// The interfaces of the actuators, which execute the policy's actions. The driver
// calls them; they must not block, and report results by posting events.
#ifndef SIDECAR_SHIM_SHIM_DRIVER_ACTUATORS_H_
#define SIDECAR_SHIM_SHIM_DRIVER_ACTUATORS_H_

#include "policy/actions.h"

namespace sidecar_shim {

// Creates and starts containers ahead of kubelet.
class ContainerLauncher {
 public:
  virtual ~ContainerLauncher() = default;
  virtual void Launch(const policy::Launch& action) = 0;
  virtual void ResumeLaunch(const policy::ResumeLaunch& action) = 0;
  virtual void Forget(const policy::Forget& action) = 0;
};

// Stops sidecars.
class SidecarStopper {
 public:
  virtual ~SidecarStopper() = default;
  virtual void Stop(const policy::StopSidecar& action) = 0;
};

// Probes containers until they are ready.
class ReadinessProber {
 public:
  virtual ~ReadinessProber() = default;
  virtual void Start(const policy::StartProbing& action) = 0;
  virtual void Stop(const policy::StopProbing& action) = 0;
};

// Records decisions for operators.
class DecisionLog {
 public:
  virtual ~DecisionLog() = default;
  virtual void Record(const policy::Note& note) = 0;
};

}  // namespace sidecar_shim

#endif  // SIDECAR_SHIM_SHIM_DRIVER_ACTUATORS_H_
