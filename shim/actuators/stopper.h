// Stops sidecars as kubelet would: preStop hook within the grace, then
// StopContainer with the rest of it; then asks the runtime how it ended.
//
//   Stop -> ContainerStatus (hook, process) -> hook -> while it is too young to
//        hear a signal, a moment -> StopContainer -> SidecarStopEnded,
//        ContainerExited
#ifndef SIDECAR_SHIM_SHIM_ACTUATORS_STOPPER_H_
#define SIDECAR_SHIM_SHIM_ACTUATORS_STOPPER_H_

#include <memory>

#include "shim/base/node_address.h"
#include "shim/cri/runtime.h"
#include "shim/driver/actuators.h"
#include "shim/driver/policy_driver.h"
#include "shim/http/http_client.h"
#include "shim/kube/lifecycle_hook.h"

namespace sidecar_shim {

class Stopper : public SidecarStopper {
 public:
  Stopper(Loop& loop, PolicyDriver& driver, Runtime& runtime, HttpClient& http,
          const NodeAddress& node_address)
      : loop_(loop), driver_(driver), runtime_(runtime), http_(http), node_address_(node_address) {}

  void Stop(const policy::StopSidecar& action) override;

 private:
  struct Job;

  void RunHook(const std::shared_ptr<Job>& job, const std::string& handler, const std::string& ports,
               const policy::SandboxId& sandbox);
  void RunExec(const std::shared_ptr<Job>& job, const ExecHook& hook);
  void RunHttp(const std::shared_ptr<Job>& job, const HttpHook& hook, const policy::SandboxId& sandbox);
  void RunSleep(const std::shared_ptr<Job>& job, const SleepHook& hook);
  void HookEnded(const std::shared_ptr<Job>& job, const std::string& problem);
  void StopOnceSigtermHandled(const std::shared_ptr<Job>& job);
  void SendStop(const std::shared_ptr<Job>& job);

  Loop& loop_;
  PolicyDriver& driver_;
  Runtime& runtime_;
  HttpClient& http_;
  const NodeAddress& node_address_;
};

}  // namespace sidecar_shim

#endif  // SIDECAR_SHIM_SHIM_ACTUATORS_STOPPER_H_
