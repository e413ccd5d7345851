// The shim's own calls to the runtime, by name; an interface, so that tests of
// their users need no runtime.
#ifndef SIDECAR_SHIM_SHIM_CRI_RUNTIME_H_
#define SIDECAR_SHIM_SHIM_CRI_RUNTIME_H_

#include <grpcpp/grpcpp.h>

#include <chrono>
#include <functional>
#include <string>
#include <vector>

#include "cri.pb.h"
#include "policy/types.h"
#include "shim/base/clock.h"

namespace sidecar_shim {

// kubelet's default runtimeRequestTimeout.
inline constexpr Duration kRuntimeTimeout = std::chrono::minutes(2);

// Loop thread only.
class Runtime {
 public:
  // Runs exactly once, on the loop, after the call has returned; not at all once
  // calls have been cancelled at the shim's end.
  template <typename Response>
  using Done = std::function<void(const grpc::Status&, const Response&)>;

  virtual ~Runtime() = default;

  virtual void CreateContainer(const runtime::v1::CreateContainerRequest& request,
                               Done<runtime::v1::CreateContainerResponse> done) = 0;
  virtual void StartContainer(const policy::ContainerId& id,
                              Done<runtime::v1::StartContainerResponse> done) = 0;
  // The runtime sends SIGKILL after `grace`, which is rounded up to seconds.
  virtual void StopContainer(const policy::ContainerId& id, Duration grace,
                             Done<runtime::v1::StopContainerResponse> done) = 0;
  virtual void ContainerStatus(const policy::ContainerId& id, bool verbose,
                               Done<runtime::v1::ContainerStatusResponse> done) = 0;
  virtual void PodSandboxStatus(const policy::SandboxId& id,
                                Done<runtime::v1::PodSandboxStatusResponse> done) = 0;
  virtual void ListContainers(Done<runtime::v1::ListContainersResponse> done) = 0;
  virtual void ListPodSandbox(Done<runtime::v1::ListPodSandboxResponse> done) = 0;
  virtual void ExecSync(const policy::ContainerId& id, const std::vector<std::string>& command,
                        Duration timeout, Done<runtime::v1::ExecSyncResponse> done) = 0;
};

}  // namespace sidecar_shim

#endif  // SIDECAR_SHIM_SHIM_CRI_RUNTIME_H_
