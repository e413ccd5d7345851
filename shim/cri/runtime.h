// The shim's own calls to the runtime, by name.
#ifndef SIDECAR_SHIM_SHIM_CRI_RUNTIME_H_
#define SIDECAR_SHIM_SHIM_CRI_RUNTIME_H_

#include <functional>
#include <string>

#include "cri.pb.h"
#include "policy/types.h"
#include "shim/cri/unary_client.h"

namespace sidecar_shim {

// kubelet's default runtimeRequestTimeout.
inline constexpr Duration kRuntimeTimeout = std::chrono::minutes(2);

class Runtime {
 public:
  Runtime(Loop& loop, Upstream& upstream) : client_(loop, upstream) {}

  template <typename Response>
  using Done = std::function<void(const grpc::Status&, const Response&)>;

  void CreateContainer(const runtime::v1::CreateContainerRequest& request,
                       Done<runtime::v1::CreateContainerResponse> done);
  void StartContainer(const policy::ContainerId& id, Done<runtime::v1::StartContainerResponse> done);
  // The runtime sends SIGKILL after `grace`, which is rounded up to seconds.
  void StopContainer(const policy::ContainerId& id, Duration grace,
                     Done<runtime::v1::StopContainerResponse> done);
  void ContainerStatus(const policy::ContainerId& id, bool verbose,
                       Done<runtime::v1::ContainerStatusResponse> done);
  void PodSandboxStatus(const policy::SandboxId& id, Done<runtime::v1::PodSandboxStatusResponse> done);
  void ListContainers(Done<runtime::v1::ListContainersResponse> done);
  void ListPodSandbox(Done<runtime::v1::ListPodSandboxResponse> done);
  void ExecSync(const policy::ContainerId& id, const std::vector<std::string>& command, Duration timeout,
                Done<runtime::v1::ExecSyncResponse> done);

  void CancelAll() { client_.CancelAll(); }

 private:
  UnaryClient client_;
};

}  // namespace sidecar_shim

#endif  // SIDECAR_SHIM_SHIM_CRI_RUNTIME_H_
