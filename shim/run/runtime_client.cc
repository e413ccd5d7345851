#include "shim/run/runtime_client.h"

#include <utility>

#include "absl/strings/match.h"
#include "absl/strings/str_cat.h"
#include "absl/strings/strip.h"
#include "absl/time/clock.h"
#include "shim/run/pod_config.h"

namespace sidecar_shim::run {
namespace {

absl::StatusOr<std::shared_ptr<grpc::Channel>> OpenChannel(const std::string& endpoint) {
  absl::string_view path = endpoint;
  absl::ConsumePrefix(&path, "unix://") || absl::ConsumePrefix(&path, "unix:");
  if (!absl::StartsWith(path, "/")) {
    return absl::InvalidArgumentError(
        absl::StrCat("endpoint ", endpoint, ": give a unix socket, as unix:///run/sidecar-shim/cri.sock"));
  }
  grpc::ChannelArguments arguments;
  arguments.SetMaxReceiveMessageSize(-1);
  arguments.SetMaxSendMessageSize(-1);
  // The error texts of a runtime exceed gRPC's 8 kB of metadata.
  arguments.SetInt(GRPC_ARG_MAX_METADATA_SIZE, 16 << 20);
  arguments.SetInt(GRPC_ARG_INITIAL_RECONNECT_BACKOFF_MS, 100);
  arguments.SetInt(GRPC_ARG_MIN_RECONNECT_BACKOFF_MS, 100);
  arguments.SetInt(GRPC_ARG_MAX_RECONNECT_BACKOFF_MS, 3000);
  arguments.SetString(GRPC_ARG_DEFAULT_AUTHORITY, "localhost");
  return grpc::CreateCustomChannel(absl::StrCat("unix:", path), grpc::InsecureChannelCredentials(),
                                   arguments);
}

absl::Status FromGrpc(const grpc::Status& status) {
  return absl::Status(static_cast<absl::StatusCode>(status.error_code()), status.error_message());
}

}  // namespace

absl::StatusOr<std::unique_ptr<RuntimeClient>> RuntimeClient::Create(const std::string& runtime_endpoint,
                                                                     const std::string& image_endpoint,
                                                                     absl::Duration request_timeout) {
  absl::StatusOr<std::shared_ptr<grpc::Channel>> runtime = OpenChannel(runtime_endpoint);
  if (!runtime.ok()) return runtime.status();
  absl::StatusOr<std::shared_ptr<grpc::Channel>> image =
      image_endpoint == runtime_endpoint ? runtime : OpenChannel(image_endpoint);
  if (!image.ok()) return image.status();
  return std::unique_ptr<RuntimeClient>(new RuntimeClient(*runtime, *image, request_timeout));
}

RuntimeClient::RuntimeClient(std::shared_ptr<grpc::Channel> runtime, std::shared_ptr<grpc::Channel> image,
                             absl::Duration timeout)
    : runtime_(cri::RuntimeService::NewStub(std::move(runtime))),
      image_(cri::ImageService::NewStub(std::move(image))),
      timeout_(timeout) {}

template <typename Stub, typename Request, typename Response>
absl::Status RuntimeClient::Call(Stub& stub,
                                 grpc::Status (Stub::*method)(grpc::ClientContext*, const Request&,
                                                              Response*),
                                 const Request& request, Response& response, absl::Duration timeout) {
  grpc::ClientContext context;
  bool bounded = timeout != absl::InfiniteDuration();
  if (bounded) {
    context.set_deadline(absl::ToChronoTime(absl::Now() + timeout));
  } else {
    std::lock_guard lock(mutex_);
    unbounded_.insert(&context);
  }
  grpc::Status status = (stub.*method)(&context, request, &response);
  if (!bounded) {
    std::lock_guard lock(mutex_);
    unbounded_.erase(&context);
  }
  return FromGrpc(status);
}

void RuntimeClient::CancelUnbounded() {
  std::lock_guard lock(mutex_);
  for (grpc::ClientContext* context : unbounded_) context->TryCancel();
}

absl::StatusOr<cri::VersionResponse> RuntimeClient::Version() {
  cri::VersionRequest request;
  cri::VersionResponse response;
  absl::Status status = Call(*runtime_, &cri::RuntimeService::Stub::Version, request, response, timeout_);
  if (!status.ok()) return status;
  return response;
}

absl::StatusOr<std::string> RuntimeClient::RunPodSandbox(const cri::PodSandboxConfig& config) {
  cri::RunPodSandboxRequest request;
  *request.mutable_config() = config;
  cri::RunPodSandboxResponse response;
  absl::Status status =
      Call(*runtime_, &cri::RuntimeService::Stub::RunPodSandbox, request, response, 2 * timeout_);
  if (!status.ok()) return status;
  return response.pod_sandbox_id();
}

absl::Status RuntimeClient::StopPodSandbox(const std::string& sandbox_id) {
  cri::StopPodSandboxRequest request;
  request.set_pod_sandbox_id(sandbox_id);
  cri::StopPodSandboxResponse response;
  return Call(*runtime_, &cri::RuntimeService::Stub::StopPodSandbox, request, response, timeout_);
}

absl::Status RuntimeClient::RemovePodSandbox(const std::string& sandbox_id) {
  cri::RemovePodSandboxRequest request;
  request.set_pod_sandbox_id(sandbox_id);
  cri::RemovePodSandboxResponse response;
  return Call(*runtime_, &cri::RuntimeService::Stub::RemovePodSandbox, request, response, timeout_);
}

absl::StatusOr<cri::PodSandboxStatus> RuntimeClient::PodSandboxStatus(const std::string& sandbox_id) {
  cri::PodSandboxStatusRequest request;
  request.set_pod_sandbox_id(sandbox_id);
  cri::PodSandboxStatusResponse response;
  absl::Status status =
      Call(*runtime_, &cri::RuntimeService::Stub::PodSandboxStatus, request, response, timeout_);
  if (!status.ok()) return status;
  return response.status();
}

absl::StatusOr<std::vector<cri::PodSandbox>> RuntimeClient::ListPodSandbox(const std::string& pod_uid) {
  cri::ListPodSandboxRequest request;
  (*request.mutable_filter()->mutable_label_selector())[kPodUidLabel] = pod_uid;
  cri::ListPodSandboxResponse response;
  absl::Status status =
      Call(*runtime_, &cri::RuntimeService::Stub::ListPodSandbox, request, response, timeout_);
  if (!status.ok()) return status;
  return std::vector<cri::PodSandbox>(response.items().begin(), response.items().end());
}

absl::StatusOr<std::string> RuntimeClient::CreateContainer(const std::string& sandbox_id,
                                                           const cri::ContainerConfig& config,
                                                           const cri::PodSandboxConfig& sandbox_config) {
  cri::CreateContainerRequest request;
  request.set_pod_sandbox_id(sandbox_id);
  *request.mutable_config() = config;
  *request.mutable_sandbox_config() = sandbox_config;
  cri::CreateContainerResponse response;
  absl::Status status =
      Call(*runtime_, &cri::RuntimeService::Stub::CreateContainer, request, response, timeout_);
  if (!status.ok()) return status;
  return response.container_id();
}

absl::Status RuntimeClient::StartContainer(const std::string& container_id) {
  cri::StartContainerRequest request;
  request.set_container_id(container_id);
  cri::StartContainerResponse response;
  return Call(*runtime_, &cri::RuntimeService::Stub::StartContainer, request, response, timeout_);
}

absl::Status RuntimeClient::StopContainer(const std::string& container_id, absl::Duration grace) {
  cri::StopContainerRequest request;
  request.set_container_id(container_id);
  request.set_timeout(absl::ToInt64Seconds(grace));
  cri::StopContainerResponse response;
  return Call(*runtime_, &cri::RuntimeService::Stub::StopContainer, request, response, timeout_ + grace);
}

absl::Status RuntimeClient::RemoveContainer(const std::string& container_id) {
  cri::RemoveContainerRequest request;
  request.set_container_id(container_id);
  cri::RemoveContainerResponse response;
  return Call(*runtime_, &cri::RuntimeService::Stub::RemoveContainer, request, response, timeout_);
}

absl::StatusOr<std::vector<cri::Container>> RuntimeClient::ListContainers(const std::string& pod_uid) {
  cri::ListContainersRequest request;
  (*request.mutable_filter()->mutable_label_selector())[kPodUidLabel] = pod_uid;
  cri::ListContainersResponse response;
  absl::Status status =
      Call(*runtime_, &cri::RuntimeService::Stub::ListContainers, request, response, timeout_);
  if (!status.ok()) return status;
  return std::vector<cri::Container>(response.containers().begin(), response.containers().end());
}

absl::StatusOr<cri::ContainerStatusResponse> RuntimeClient::ContainerStatus(const std::string& container_id) {
  cri::ContainerStatusRequest request;
  request.set_container_id(container_id);
  request.set_verbose(true);
  cri::ContainerStatusResponse response;
  absl::Status status =
      Call(*runtime_, &cri::RuntimeService::Stub::ContainerStatus, request, response, timeout_);
  if (!status.ok()) return status;
  return response;
}

absl::StatusOr<cri::ExecSyncResponse> RuntimeClient::ExecSync(const std::string& container_id,
                                                              const std::vector<std::string>& command,
                                                              absl::Duration timeout) {
  cri::ExecSyncRequest request;
  request.set_container_id(container_id);
  for (const std::string& word : command) request.add_cmd(word);
  bool bounded = timeout > absl::ZeroDuration();
  if (bounded) request.set_timeout(absl::ToInt64Seconds(absl::Ceil(timeout, absl::Seconds(1))));
  cri::ExecSyncResponse response;
  absl::Status status = Call(*runtime_, &cri::RuntimeService::Stub::ExecSync, request, response,
                             bounded ? timeout_ + timeout : absl::InfiniteDuration());
  if (!status.ok()) return status;
  return response;
}

absl::StatusOr<std::string> RuntimeClient::ImageStatus(const cri::ImageSpec& image) {
  cri::ImageStatusRequest request;
  *request.mutable_image() = image;
  cri::ImageStatusResponse response;
  absl::Status status = Call(*image_, &cri::ImageService::Stub::ImageStatus, request, response, timeout_);
  if (!status.ok()) return status;
  return response.image().id();
}

absl::StatusOr<std::string> RuntimeClient::PullImage(const cri::ImageSpec& image,
                                                     const cri::PodSandboxConfig& sandbox_config) {
  cri::PullImageRequest request;
  *request.mutable_image() = image;
  *request.mutable_sandbox_config() = sandbox_config;
  cri::PullImageResponse response;
  absl::Status status =
      Call(*image_, &cri::ImageService::Stub::PullImage, request, response, absl::InfiniteDuration());
  if (!status.ok()) return status;
  return response.image_ref();
}

}  // namespace sidecar_shim::run
