// The shim's own probes: detect that a container is ready without waiting for
// kubelet, whose probe period may be long and whose results CRI does not show.
//
// A container is probed only while another one is held because of it. First its
// startup probe, then its readiness probe, with the thresholds, timeouts and
// initial delays of the spec but at shorter intervals, which grow after a while
// and where a probe's process runs for long. A pass of kubelet's own exec probe,
// which the shim relays, counts as well.
//
//   Start -> ContainerStatus, PodSandboxStatus -> attempts ... -> ContainerReady
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
         const NodeAddress& node_address);
  ~Prober() override;

  void Start(const policy::StartProbing& action) override;
  void Stop(const policy::StopProbing& action) override;

  // A caller (most likely kubelet, for a probe) ran `command` in the container.
  void OnExec(const policy::ContainerId& container, const std::vector<std::string>& command, bool passed);

  void StopAll();

 private:
  struct Job;

  // When the container started, from the runtime's status of it.
  Time StartTime(const grpc::Status& status, const runtime::v1::ContainerStatusResponse& response) const;
  void QueryStartTime(Job& job);
  void QueryAddress(Job& job);
  void Schedule(Job& job, Time at);
  void Attempt(Job& job);
  void OnAttemptEnd(Job& job, Time began, const absl::Status& status);
  void OnPass(Job& job);
  // How many containers are probed by running a command.
  int64_t ExecJobs() const;

  Loop& loop_;
  PolicyDriver& driver_;
  Runtime& runtime_;
  HttpClient& http_;
  const NodeAddress& node_address_;
  std::map<policy::ContainerId, std::unique_ptr<Job>> jobs_;
};

}  // namespace sidecar_shim

#endif  // SIDECAR_SHIM_SHIM_ACTUATORS_PROBER_H_
