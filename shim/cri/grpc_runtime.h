// The runtime's calls over gRPC.
#ifndef SIDECAR_SHIM_SHIM_CRI_GRPC_RUNTIME_H_
#define SIDECAR_SHIM_SHIM_CRI_GRPC_RUNTIME_H_

#include <string>
#include <vector>

#include "shim/cri/runtime.h"
#include "shim/cri/unary_client.h"

namespace sidecar_shim {

class GrpcRuntime : public Runtime {
 public:
  GrpcRuntime(Loop& loop, Upstream& upstream) : client_(loop, upstream) {}

  void CreateContainer(const runtime::v1::CreateContainerRequest& request,
                       Done<runtime::v1::CreateContainerResponse> done) override;
  void StartContainer(const policy::ContainerId& id, Done<runtime::v1::StartContainerResponse> done) override;
  void StopContainer(const policy::ContainerId& id, Duration grace,
                     Done<runtime::v1::StopContainerResponse> done) override;
  void ContainerStatus(const policy::ContainerId& id, bool verbose,
                       Done<runtime::v1::ContainerStatusResponse> done) override;
  void PodSandboxStatus(const policy::SandboxId& id,
                        Done<runtime::v1::PodSandboxStatusResponse> done) override;
  void ListContainers(Done<runtime::v1::ListContainersResponse> done) override;
  void ListPodSandbox(Done<runtime::v1::ListPodSandboxResponse> done) override;
  void ExecSync(const policy::ContainerId& id, const std::vector<std::string>& command, Duration timeout,
                Done<runtime::v1::ExecSyncResponse> done) override;

  // Cancels the calls in flight, without running their `done`.
  void CancelAll() { client_.CancelAll(); }

 private:
  UnaryClient client_;
};

}  // namespace sidecar_shim

#endif  // SIDECAR_SHIM_SHIM_CRI_GRPC_RUNTIME_H_
