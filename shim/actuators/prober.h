// The shim's own probes: finds out that a container is ready without waiting
// for kubelet, whose period may be long and whose findings CRI does not show.
//
// A container is probed only while another one is held because of it. First
// its startup probe, then its readiness probe, with the thresholds, timeouts
// and initial delays of the spec but at a faster cadence, which slows down
// after a while and where a process takes long. What kubelet's own exec probes find
// as they pass by counts too.
//
//   Start -> ContainerStatus, PodSandboxStatus -> tries ... -> ContainerReady
#ifndef SIDECAR_SHIM_SHIM_ACTUATORS_PROBER_H_
#define SIDECAR_SHIM_SHIM_ACTUATORS_PROBER_H_

#include <cstdint>
#include <map>
#include <memory>
#include <string>
#include <vector>

#include "shim/base/node_address.h"
#include "shim/cri/runtime.h"
#include "shim/driver/actuators.h"
#include "shim/driver/policy_driver.h"
#include "shim/http/http_client.h"

namespace sidecar_shim {

// Loop thread only.
class Prober : public ReadinessProber {
 public:
  Prober(Loop& loop, PolicyDriver& driver, Runtime& runtime, HttpClient& http,
         const NodeAddress& node_address)
      : loop_(loop), driver_(driver), runtime_(runtime), http_(http), node_address_(node_address) {}

  void Start(const policy::StartProbing& action) override;
  void Stop(const policy::StopProbing& action) override { jobs_.erase(action.container); }

  // Somebody (kubelet, most likely) ran `command` in the container.
  void OnExec(const policy::ContainerId& container, const std::vector<std::string>& command, bool passed);

  void StopAll() { jobs_.clear(); }

 private:
  struct Job;

  void ReadStart(const std::shared_ptr<Job>& job);
  void ReadAddress(const std::shared_ptr<Job>& job);
  void Schedule(const std::shared_ptr<Job>& job, Time at);
  void Try(const std::shared_ptr<Job>& job);
  void Tried(const std::shared_ptr<Job>& job, Time began, const absl::Status& status);
  void Passed(const std::shared_ptr<Job>& job);
  // How many containers are probed by running a command.
  int64_t ExecJobs() const;

  Loop& loop_;
  PolicyDriver& driver_;
  Runtime& runtime_;
  HttpClient& http_;
  const NodeAddress& node_address_;
  std::map<policy::ContainerId, std::shared_ptr<Job>> jobs_;
};

}  // namespace sidecar_shim

#endif  // SIDECAR_SHIM_SHIM_ACTUATORS_PROBER_H_
