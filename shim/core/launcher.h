// Creates and starts refused containers ahead of kubelet, from the request that
// kubelet sent, and makes the log symlink that kubelet makes for its own
// starts (facts/node.md, "adopts").
#ifndef SIDECAR_SHIM_SHIM_CORE_LAUNCHER_H_
#define SIDECAR_SHIM_SHIM_CORE_LAUNCHER_H_

#include <grpcpp/support/byte_buffer.h>

#include <map>
#include <string>
#include <utility>

#include "shim/core/conductor.h"
#include "shim/core/hands.h"
#include "shim/core/runtime.h"
#include "shim/worker.h"

namespace sidecar_shim {

class Launcher : public LaunchHand {
 public:
  Launcher(Conductor& conductor, Runtime& runtime, Worker& worker)
      : conductor_(conductor), runtime_(runtime), worker_(worker) {}

  // Keeps the newest refused request of this container.
  void Remember(const policy::SandboxId& sandbox, const std::string& name, const grpc::ByteBuffer& request);

  void Launch(const policy::Launch& action) override;
  void ResumeLaunch(const policy::ResumeLaunch& action) override;
  void Forget(const policy::Forget& action) override;

 private:
  void Start(const std::string& id);
  void AfterStart(const std::string& id);
  void LinkLog(const runtime::v1::ContainerStatus& status);

  Conductor& conductor_;
  Runtime& runtime_;
  Worker& worker_;
  std::map<std::pair<policy::SandboxId, std::string>, grpc::ByteBuffer> remembered_;
};

}  // namespace sidecar_shim

#endif  // SIDECAR_SHIM_SHIM_CORE_LAUNCHER_H_
