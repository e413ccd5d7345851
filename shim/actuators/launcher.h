// Creates and starts refused containers ahead of kubelet, from the request that
// kubelet sent, and creates the log symlink that kubelet creates for containers
// that it starts itself.
#ifndef SIDECAR_SHIM_SHIM_ACTUATORS_LAUNCHER_H_
#define SIDECAR_SHIM_SHIM_ACTUATORS_LAUNCHER_H_

#include <grpcpp/support/byte_buffer.h>

#include <functional>
#include <map>
#include <string>
#include <utility>

#include "shim/base/worker.h"
#include "shim/cri/runtime.h"
#include "shim/driver/actuators.h"
#include "shim/driver/policy_driver.h"

namespace sidecar_shim {

// Loop thread only.
class Launcher : public ContainerLauncher {
 public:
  using EncodeStamp = std::function<policy::Annotations(const policy::Stamp&)>;

  Launcher(PolicyDriver& driver, Runtime& runtime, Worker& worker, EncodeStamp encode_stamp)
      : driver_(driver), runtime_(runtime), worker_(worker), encode_stamp_(std::move(encode_stamp)) {}

  // Keeps the newest refused request of this container.
  void Remember(const policy::SandboxId& sandbox, const std::string& name, const std::string& request);

  void Launch(const policy::Launch& action) override;
  void ResumeLaunch(const policy::ResumeLaunch& action) override;
  void Forget(const policy::Forget& action) override;

 private:
  void Start(const policy::ContainerId& id);
  void AfterStart(const policy::ContainerId& id);
  void LinkLog(const runtime::v1::ContainerStatus& status);

  PolicyDriver& driver_;
  Runtime& runtime_;
  Worker& worker_;
  const EncodeStamp encode_stamp_;
  std::map<std::pair<policy::SandboxId, std::string>, std::string> remembered_;
};

}  // namespace sidecar_shim

#endif  // SIDECAR_SHIM_SHIM_ACTUATORS_LAUNCHER_H_
