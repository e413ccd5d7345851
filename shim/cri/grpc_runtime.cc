#include "shim/cri/grpc_runtime.h"

#include <chrono>
#include <utility>

#include "shim/cri/methods.h"

namespace sidecar_shim {
namespace {

// The runtime answers lists and status from its memory.
constexpr Duration kQueryTimeout = std::chrono::seconds(10);

int64_t CeilSeconds(Duration duration) { return std::chrono::ceil<std::chrono::seconds>(duration).count(); }

}  // namespace

void GrpcRuntime::CreateContainer(const runtime::v1::CreateContainerRequest& request,
                                  Done<runtime::v1::CreateContainerResponse> done) {
  client_.Call<runtime::v1::CreateContainerResponse>(RuntimeMethod("CreateContainer"), request,
                                                     kRuntimeTimeout, std::move(done));
}

void GrpcRuntime::StartContainer(const policy::ContainerId& id,
                                 Done<runtime::v1::StartContainerResponse> done) {
  runtime::v1::StartContainerRequest request;
  request.set_container_id(id.value());
  client_.Call<runtime::v1::StartContainerResponse>(RuntimeMethod("StartContainer"), request, kRuntimeTimeout,
                                                    std::move(done));
}

void GrpcRuntime::StopContainer(const policy::ContainerId& id, Duration grace,
                                Done<runtime::v1::StopContainerResponse> done) {
  runtime::v1::StopContainerRequest request;
  request.set_container_id(id.value());
  request.set_timeout(CeilSeconds(grace));
  client_.Call<runtime::v1::StopContainerResponse>(RuntimeMethod("StopContainer"), request,
                                                   grace + kRuntimeTimeout, std::move(done));
}

void GrpcRuntime::ContainerStatus(const policy::ContainerId& id, bool verbose,
                                  Done<runtime::v1::ContainerStatusResponse> done) {
  runtime::v1::ContainerStatusRequest request;
  request.set_container_id(id.value());
  request.set_verbose(verbose);
  client_.Call<runtime::v1::ContainerStatusResponse>(RuntimeMethod("ContainerStatus"), request, kQueryTimeout,
                                                     std::move(done));
}

void GrpcRuntime::PodSandboxStatus(const policy::SandboxId& id,
                                   Done<runtime::v1::PodSandboxStatusResponse> done) {
  runtime::v1::PodSandboxStatusRequest request;
  request.set_pod_sandbox_id(id.value());
  client_.Call<runtime::v1::PodSandboxStatusResponse>(RuntimeMethod("PodSandboxStatus"), request,
                                                      kQueryTimeout, std::move(done));
}

void GrpcRuntime::ListContainers(Done<runtime::v1::ListContainersResponse> done) {
  client_.Call<runtime::v1::ListContainersResponse>(
      RuntimeMethod("ListContainers"), runtime::v1::ListContainersRequest(), kQueryTimeout, std::move(done));
}

void GrpcRuntime::ListPodSandbox(Done<runtime::v1::ListPodSandboxResponse> done) {
  client_.Call<runtime::v1::ListPodSandboxResponse>(
      RuntimeMethod("ListPodSandbox"), runtime::v1::ListPodSandboxRequest(), kQueryTimeout, std::move(done));
}

void GrpcRuntime::ExecSync(const policy::ContainerId& id, const std::vector<std::string>& command,
                           Duration timeout, Done<runtime::v1::ExecSyncResponse> done) {
  runtime::v1::ExecSyncRequest request;
  request.set_container_id(id.value());
  for (const std::string& word : command) request.add_cmd(word);
  request.set_timeout(CeilSeconds(timeout));
  client_.Call<runtime::v1::ExecSyncResponse>(RuntimeMethod("ExecSync"), request,
                                              timeout + std::chrono::seconds(5), std::move(done));
}

}  // namespace sidecar_shim
