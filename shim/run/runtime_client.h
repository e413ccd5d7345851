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

// Thread-safe. Every error is the runtime's own: its code and its text,
// nothing added. Deadlines are kubelet's: `request_timeout` for most calls,
// twice that for RunPodSandbox, plus the grace for StopContainer, plus the
// limit for ExecSync, none for PullImage.
class RuntimeClient {
 public:
  // Endpoints like unix:///run/containerd/containerd.sock or a bare path. No
  // connection is made yet; kInvalidArgument for other schemes.
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
  // Verbose, so that the answer's info is there.
  absl::StatusOr<cri::ContainerStatusResponse> ContainerStatus(const std::string& container_id);
  // A zero timeout means none.
  absl::StatusOr<cri::ExecSyncResponse> ExecSync(const std::string& container_id,
                                                 const std::vector<std::string>& command,
                                                 absl::Duration timeout);

  // The image's id, empty where it is not present.
  absl::StatusOr<std::string> ImageStatus(const cri::ImageSpec& image);
  absl::StatusOr<std::string> PullImage(const cri::ImageSpec& image,
                                        const cri::PodSandboxConfig& sandbox_config);

  // Ends the calls that may take for ever (PullImage, ExecSync without a
  // limit), with kCancelled.
  void CancelUnbounded();

 private:
  RuntimeClient(std::shared_ptr<grpc::Channel> runtime, std::shared_ptr<grpc::Channel> image,
                absl::Duration timeout);

  template <typename Stub, typename Request, typename Response>
  absl::Status Call(Stub& stub, grpc::Status (Stub::*method)(grpc::ClientContext*, const Request&, Response*),
                    const Request& request, Response& response, absl::Duration timeout);

  const std::unique_ptr<cri::RuntimeService::Stub> runtime_;
  const std::unique_ptr<cri::ImageService::Stub> image_;
  const absl::Duration timeout_;

  std::mutex mutex_;  // guards what follows
  std::set<grpc::ClientContext*> unbounded_;
};

}  // namespace sidecar_shim::run

#endif  // SIDECAR_SHIM_SHIM_RUN_RUNTIME_CLIENT_H_
