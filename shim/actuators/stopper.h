// Stops sidecars as kubelet does: the preStop hook within the grace period, then
// StopContainer with what is left of it; then queries how the container ended.
//
//   Stop -> ContainerStatus (hook, process) -> hook -> wait until the process
//        handles SIGTERM -> StopContainer -> SidecarStopEnded, ContainerExited
#ifndef SIDECAR_SHIM_SHIM_ACTUATORS_STOPPER_H_
#define SIDECAR_SHIM_SHIM_ACTUATORS_STOPPER_H_

#include <functional>
#include <memory>
#include <string>
#include <utility>

#include "shim/actuators/sigterm.h"
#include "shim/base/node_address.h"
#include "shim/cri/runtime.h"
#include "shim/driver/actuators.h"
#include "shim/driver/policy_driver.h"
#include "shim/http/http_client.h"
#include "shim/kube/lifecycle_hook.h"

namespace sidecar_shim {

// Loop thread only.
class Stopper : public SidecarStopper {
 public:
  // Whether the process with this pid handles SIGTERM.
  using SigtermCheck = std::function<bool(int pid)>;

  Stopper(Loop& loop, PolicyDriver& driver, Runtime& runtime, HttpClient& http,
          const NodeAddress& node_address, SigtermCheck handles_sigterm = ProcessHandlesSigterm)
      : loop_(loop),
        driver_(driver),
        runtime_(runtime),
        http_(http),
        node_address_(node_address),
        handles_sigterm_(std::move(handles_sigterm)) {}

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
  void QueryExit(const std::shared_ptr<Job>& job);
  // How much longer a process with this status may need to install its handlers.
  Duration SigtermHandlerTimeLeft(const runtime::v1::ContainerStatus& status) const;
  // What is left of the grace period.
  Duration Rest(const Job& job) const;

  Loop& loop_;
  PolicyDriver& driver_;
  Runtime& runtime_;
  HttpClient& http_;
  const NodeAddress& node_address_;
  const SigtermCheck handles_sigterm_;
};

}  // namespace sidecar_shim

#endif  // SIDECAR_SHIM_SHIM_ACTUATORS_STOPPER_H_
