// The pods and containers of a CRI runtime, in memory, without any processes.
// Thread-safe.
#ifndef SIDECAR_SHIM_TESTS_SUPPORT_MODEL_H_
#define SIDECAR_SHIM_TESTS_SUPPORT_MODEL_H_

#include <grpcpp/grpcpp.h>

#include <functional>
#include <map>
#include <mutex>
#include <optional>
#include <string>

#include "cri.pb.h"

namespace sidecar_shim::testing {

class Model {
 public:
  struct Answer {
    grpc::Status status;
    std::string bytes;
  };
  // Gets every container that changes; runs without the lock.
  using OnChange =
      std::function<void(const runtime::v1::ContainerStatus& container,
                         const runtime::v1::PodSandboxStatus& sandbox, runtime::v1::ContainerEventType type)>;

  explicit Model(OnChange on_change) : on_change_(std::move(on_change)) {}

  // UNIMPLEMENTED where the model has no such method. `method` without service.
  Answer Serve(const std::string& method, const std::string& request);

  // Lets the container's process exit. False where it does not run.
  bool Exit(const std::string& container, int code);
  // The exit code after StopContainer; 143 unless set.
  void SetStopCode(const std::string& name, int code);
  // The pid in a verbose ContainerStatus; none unless set.
  void SetPid(const std::string& name, int pid);

  std::optional<runtime::v1::ContainerStatus> Find(const std::string& container) const;
  // The newest container of that name, "" if there is none.
  std::string Id(const std::string& name) const;

 private:
  struct Entry {
    runtime::v1::ContainerStatus status;
    runtime::v1::CreateContainerRequest request;
  };

  using Handler = Answer (Model::*)(const std::string& request);
  Answer Version(const std::string& bytes);
  Answer Status(const std::string& bytes);
  Answer RunPodSandbox(const std::string& bytes);
  Answer StopPodSandbox(const std::string& bytes);
  Answer RemovePodSandbox(const std::string& bytes);
  Answer PodSandboxStatus(const std::string& bytes);
  Answer ListPodSandbox(const std::string& bytes);
  Answer CreateContainer(const std::string& bytes);
  Answer StartContainer(const std::string& bytes);
  Answer StopContainer(const std::string& bytes);
  Answer RemoveContainer(const std::string& bytes);
  Answer ListContainers(const std::string& bytes);
  Answer ContainerStatus(const std::string& bytes);
  Answer ExecSync(const std::string& bytes);
  Answer ImageStatus(const std::string& bytes);
  Answer PullImage(const std::string& bytes);

  int64_t Now();  // under mutex_
  void Publish(const std::string& container, runtime::v1::ContainerEventType type);

  const OnChange on_change_;
  mutable std::mutex mutex_;  // for all below
  int next_ = 0;
  int64_t last_time_ = 0;
  std::map<std::string, runtime::v1::PodSandboxStatus> sandboxes_;
  std::map<std::string, Entry> containers_;
  std::map<std::string, int> stop_codes_;
  std::map<std::string, int> pids_;
};

}  // namespace sidecar_shim::testing

#endif  // SIDECAR_SHIM_TESTS_SUPPORT_MODEL_H_
