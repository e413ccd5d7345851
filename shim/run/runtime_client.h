// Typed, blocking CRI calls with kubelet's deadlines.
#ifndef SIDECAR_SHIM_SHIM_RUN_RUNTIME_CLIENT_H_
#define SIDECAR_SHIM_SHIM_RUN_RUNTIME_CLIENT_H_

#include <grpcpp/grpcpp.h>

#include <memory>
#include <mutex>
#include <set>
#include <string>
#include <vector>

#include "absl/status/status.h"
#include "absl/status/statusor.h"
#include "absl/time/time.h"
#include "cri.grpc.pb.h"
#include "shim/run/cri.h"

namespace sidecar_shim::run {

// Thread-safe. Every error is the runtime's: its code and its text, nothing added. Deadlines are kubelet's:
// `request_timeout` for most calls, twice that for RunPodSandbox, plus the grace for StopContainer, plus the
// timeout for ExecSync, none for PullImage.
class RuntimeClient {
 public:
  // Endpoints: unix:///run/containerd/containerd.sock, or the path alone; kInvalidArgument for anything else.
  // Connects with the first call.
  static absl::StatusOr<std::unique_ptr<RuntimeClient>> Create(const std::string& runtime_endpoint,
                                                               const std::string& image_endpoint,
                                                               absl::Duration request_timeout);

  absl::StatusOr<cri::VersionResponse> Version();

  absl::StatusOr<std::string> RunPodSandbox(const cri::PodSandboxConfig& config);
  absl::Status StopPodSandbox(const std::string& sandbox_id);
  absl::Status RemovePodSandbox(const std::string& sandbox_id);
  absl::StatusOr<cri::PodSandboxStatus> PodSandboxStatus(const std::string& sandbox_id);
  absl::StatusOr<std::vector<cri::PodSandbox>> ListPodSandbox(const std::string& pod_uid);

  absl::StatusOr<std::string> CreateContainer(const std::string& sandbox_id,
                                              const cri::ContainerConfig& config,
                                              const cri::PodSandboxConfig& sandbox_config);
  absl::Status StartContainer(const std::string& container_id);
  absl::Status StopContainer(const std::string& container_id, absl::Duration grace);
  absl::Status RemoveContainer(const std::string& container_id);
  absl::StatusOr<std::vector<cri::Container>> ListContainers(const std::string& pod_uid);
  // Verbose: with the response's info.
  absl::StatusOr<cri::ContainerStatusResponse> ContainerStatus(const std::string& container_id);
  // InfiniteDuration for no timeout.
  absl::StatusOr<cri::ExecSyncResponse> ExecSync(const std::string& container_id,
                                                 const std::vector<std::string>& command,
                                                 absl::Duration timeout);

  // The image's id, empty where it is not present.
  absl::StatusOr<std::string> ImageStatus(const cri::ImageSpec& image);
  absl::StatusOr<std::string> PullImage(const cri::ImageSpec& image,
                                        const cri::PodSandboxConfig& sandbox_config);

  // Ends the calls without a deadline (PullImage, ExecSync without a timeout) with kCancelled.
  void CancelUnbounded();

 private:
  RuntimeClient(std::shared_ptr<grpc::Channel> runtime, std::shared_ptr<grpc::Channel> image,
                absl::Duration timeout);

  template <typename Stub, typename Request, typename Response>
  absl::StatusOr<Response> Call(Stub& stub,
                                grpc::Status (Stub::*method)(grpc::ClientContext*, const Request&, Response*),
                                const Request& request, absl::Duration timeout);

  const std::unique_ptr<cri::RuntimeService::Stub> runtime_;
  const std::unique_ptr<cri::ImageService::Stub> image_;
  const absl::Duration timeout_;

  std::mutex mutex_;  // guards what follows
  std::set<grpc::ClientContext*> unbounded_;
};

}  // namespace sidecar_shim::run

#endif  // SIDECAR_SHIM_SHIM_RUN_RUNTIME_CLIENT_H_
