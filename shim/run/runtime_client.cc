#include "shim/run/runtime_client.h"

#include <utility>

#include "absl/time/clock.h"
#include "shim/base/channel.h"
#include "shim/base/unix_socket.h"
#include "shim/kube/kubelet_labels.h"

namespace sidecar_shim::run {
namespace {

using Runtime = cri::RuntimeService::Stub;
using Image = cri::ImageService::Stub;

absl::StatusOr<std::shared_ptr<grpc::Channel>> OpenUnixChannel(const std::string& endpoint) {
  absl::StatusOr<std::string> path = UnixPath(endpoint);
  if (!path.ok()) return path.status();
  return OpenChannel("unix://" + *path);
}

absl::Status FromGrpc(const grpc::Status& status) {
  return absl::Status(static_cast<absl::StatusCode>(status.error_code()), status.error_message());
}

}  // namespace

absl::StatusOr<std::unique_ptr<RuntimeClient>> RuntimeClient::Create(const std::string& runtime_endpoint,
                                                                     const std::string& image_endpoint,
                                                                     absl::Duration request_timeout) {
  absl::StatusOr<std::shared_ptr<grpc::Channel>> runtime = OpenUnixChannel(runtime_endpoint);
  if (!runtime.ok()) return runtime.status();
  absl::StatusOr<std::shared_ptr<grpc::Channel>> image =
      image_endpoint == runtime_endpoint ? runtime : OpenUnixChannel(image_endpoint);
  if (!image.ok()) return image.status();
  return std::unique_ptr<RuntimeClient>(new RuntimeClient(*runtime, *image, request_timeout));
}

RuntimeClient::RuntimeClient(std::shared_ptr<grpc::Channel> runtime, std::shared_ptr<grpc::Channel> image,
                             absl::Duration timeout)
    : runtime_(cri::RuntimeService::NewStub(std::move(runtime))),
      image_(cri::ImageService::NewStub(std::move(image))),
      timeout_(timeout) {}

template <typename Stub, typename Request, typename Response>
absl::StatusOr<Response> RuntimeClient::Call(Stub& stub,
                                             grpc::Status (Stub::*method)(grpc::ClientContext*,
                                                                          const Request&, Response*),
                                             const Request& request, absl::Duration timeout) {
  grpc::ClientContext context;
  const bool bounded = timeout != absl::InfiniteDuration();
  if (bounded) {
    context.set_deadline(absl::ToChronoTime(absl::Now() + timeout));
  } else {
    std::lock_guard lock(mutex_);
    unbounded_.insert(&context);
  }
  Response response;
  const grpc::Status status = (stub.*method)(&context, request, &response);
  if (!bounded) {
    std::lock_guard lock(mutex_);
    unbounded_.erase(&context);
  }
  if (!status.ok()) return FromGrpc(status);
  return response;
}

void RuntimeClient::CancelUnbounded() {
  std::lock_guard lock(mutex_);
  for (grpc::ClientContext* context : unbounded_) context->TryCancel();
}

absl::StatusOr<cri::VersionResponse> RuntimeClient::Version() {
  return Call(*runtime_, &Runtime::Version, cri::VersionRequest(), timeout_);
}

absl::StatusOr<std::string> RuntimeClient::RunPodSandbox(const cri::PodSandboxConfig& config) {
  cri::RunPodSandboxRequest request;
  *request.mutable_config() = config;
  auto response = Call(*runtime_, &Runtime::RunPodSandbox, request, 2 * timeout_);
  if (!response.ok()) return response.status();
  return response->pod_sandbox_id();
}

absl::Status RuntimeClient::StopPodSandbox(const std::string& sandbox_id) {
  cri::StopPodSandboxRequest request;
  request.set_pod_sandbox_id(sandbox_id);
  return Call(*runtime_, &Runtime::StopPodSandbox, request, timeout_).status();
}

absl::Status RuntimeClient::RemovePodSandbox(const std::string& sandbox_id) {
  cri::RemovePodSandboxRequest request;
  request.set_pod_sandbox_id(sandbox_id);
  return Call(*runtime_, &Runtime::RemovePodSandbox, request, timeout_).status();
}

absl::StatusOr<cri::PodSandboxStatus> RuntimeClient::PodSandboxStatus(const std::string& sandbox_id) {
  cri::PodSandboxStatusRequest request;
  request.set_pod_sandbox_id(sandbox_id);
  auto response = Call(*runtime_, &Runtime::PodSandboxStatus, request, timeout_);
  if (!response.ok()) return response.status();
  return response->status();
}

absl::StatusOr<std::vector<cri::PodSandbox>> RuntimeClient::ListPodSandbox(const std::string& pod_uid) {
  cri::ListPodSandboxRequest request;
  (*request.mutable_filter()->mutable_label_selector())[kPodUidLabel] = pod_uid;
  auto response = Call(*runtime_, &Runtime::ListPodSandbox, request, timeout_);
  if (!response.ok()) return response.status();
  return std::vector<cri::PodSandbox>(response->items().begin(), response->items().end());
}

absl::StatusOr<std::string> RuntimeClient::CreateContainer(const std::string& sandbox_id,
                                                           const cri::ContainerConfig& config,
                                                           const cri::PodSandboxConfig& sandbox_config) {
  cri::CreateContainerRequest request;
  request.set_pod_sandbox_id(sandbox_id);
  *request.mutable_config() = config;
  *request.mutable_sandbox_config() = sandbox_config;
  auto response = Call(*runtime_, &Runtime::CreateContainer, request, timeout_);
  if (!response.ok()) return response.status();
  return response->container_id();
}

absl::Status RuntimeClient::StartContainer(const std::string& container_id) {
  cri::StartContainerRequest request;
  request.set_container_id(container_id);
  return Call(*runtime_, &Runtime::StartContainer, request, timeout_).status();
}

absl::Status RuntimeClient::StopContainer(const std::string& container_id, absl::Duration grace) {
  cri::StopContainerRequest request;
  request.set_container_id(container_id);
  request.set_timeout(absl::ToInt64Seconds(grace));
  return Call(*runtime_, &Runtime::StopContainer, request, timeout_ + grace).status();
}

absl::Status RuntimeClient::RemoveContainer(const std::string& container_id) {
  cri::RemoveContainerRequest request;
  request.set_container_id(container_id);
  return Call(*runtime_, &Runtime::RemoveContainer, request, timeout_).status();
}

absl::StatusOr<std::vector<cri::Container>> RuntimeClient::ListContainers(const std::string& pod_uid) {
  cri::ListContainersRequest request;
  (*request.mutable_filter()->mutable_label_selector())[kPodUidLabel] = pod_uid;
  auto response = Call(*runtime_, &Runtime::ListContainers, request, timeout_);
  if (!response.ok()) return response.status();
  return std::vector<cri::Container>(response->containers().begin(), response->containers().end());
}

absl::StatusOr<cri::ContainerStatusResponse> RuntimeClient::ContainerStatus(const std::string& container_id) {
  cri::ContainerStatusRequest request;
  request.set_container_id(container_id);
  request.set_verbose(true);
  return Call(*runtime_, &Runtime::ContainerStatus, request, timeout_);
}

absl::StatusOr<cri::ExecSyncResponse> RuntimeClient::ExecSync(const std::string& container_id,
                                                              const std::vector<std::string>& command,
                                                              absl::Duration timeout) {
  cri::ExecSyncRequest request;
  request.set_container_id(container_id);
  request.mutable_cmd()->Add(command.begin(), command.end());
  if (timeout != absl::InfiniteDuration()) {
    request.set_timeout(absl::ToInt64Seconds(absl::Ceil(timeout, absl::Seconds(1))));
  }
  return Call(*runtime_, &Runtime::ExecSync, request, timeout_ + timeout);
}

absl::StatusOr<std::string> RuntimeClient::ImageStatus(const cri::ImageSpec& image) {
  cri::ImageStatusRequest request;
  *request.mutable_image() = image;
  auto response = Call(*image_, &Image::ImageStatus, request, timeout_);
  if (!response.ok()) return response.status();
  return response->image().id();
}

absl::StatusOr<std::string> RuntimeClient::PullImage(const cri::ImageSpec& image,
                                                     const cri::PodSandboxConfig& sandbox_config) {
  cri::PullImageRequest request;
  *request.mutable_image() = image;
  *request.mutable_sandbox_config() = sandbox_config;
  auto response = Call(*image_, &Image::PullImage, request, absl::InfiniteDuration());
  if (!response.ok()) return response.status();
  return response->image_ref();
}

}  // namespace sidecar_shim::run
