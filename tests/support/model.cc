#include "tests/support/model.h"

#include <algorithm>
#include <chrono>

#include "tests/support/model_answers.h"

namespace sidecar_shim::testing {

namespace cri = runtime::v1;

Model::Answer Model::Serve(const std::string& method, const std::string& request) {
  static const auto* const handlers = new std::map<std::string, Handler>{
      {"Version", &Model::Version},
      {"Status", &Model::Status},
      {"RunPodSandbox", &Model::RunPodSandbox},
      {"StopPodSandbox", &Model::StopPodSandbox},
      {"RemovePodSandbox", &Model::RemovePodSandbox},
      {"PodSandboxStatus", &Model::PodSandboxStatus},
      {"ListPodSandbox", &Model::ListPodSandbox},
      {"CreateContainer", &Model::CreateContainer},
      {"StartContainer", &Model::StartContainer},
      {"StopContainer", &Model::StopContainer},
      {"RemoveContainer", &Model::RemoveContainer},
      {"ListContainers", &Model::ListContainers},
      {"ContainerStatus", &Model::ContainerStatus},
      {"ExecSync", &Model::ExecSync},
      {"ImageStatus", &Model::ImageStatus},
      {"PullImage", &Model::PullImage},
  };
  auto it = handlers->find(method);
  if (it == handlers->end()) {
    return {grpc::Status(grpc::StatusCode::UNIMPLEMENTED, "unknown method " + method), ""};
  }
  return (this->*it->second)(request);
}

int64_t Model::Now() {
  const int64_t now = std::chrono::duration_cast<std::chrono::nanoseconds>(
                          std::chrono::system_clock::now().time_since_epoch())
                          .count();
  last_time_ = std::max(last_time_ + 1, now);
  return last_time_;
}

void Model::Publish(const std::string& container, cri::ContainerEventType type) {
  cri::ContainerStatus status;
  cri::PodSandboxStatus sandbox;
  {
    std::lock_guard lock(mutex_);
    const Entry& entry = containers_.at(container);
    status = entry.status;
    sandbox = sandboxes_.at(entry.request.pod_sandbox_id());
  }
  on_change_(status, sandbox, type);
}

bool Model::Exit(const std::string& container, int code) {
  {
    std::lock_guard lock(mutex_);
    auto it = containers_.find(container);
    if (it == containers_.end() || it->second.status.state() != cri::CONTAINER_RUNNING) return false;
    cri::ContainerStatus& status = it->second.status;
    status.set_state(cri::CONTAINER_EXITED);
    status.set_exit_code(code);
    status.set_reason(code == 0 ? "Completed" : "Error");
    status.set_finished_at(Now());
  }
  Publish(container, cri::CONTAINER_STOPPED_EVENT);
  return true;
}

void Model::SetStopCode(const std::string& name, int code) {
  std::lock_guard lock(mutex_);
  stop_codes_[name] = code;
}

void Model::SetPid(const std::string& name, int pid) {
  std::lock_guard lock(mutex_);
  pids_[name] = pid;
}

std::optional<cri::ContainerStatus> Model::Find(const std::string& container) const {
  std::lock_guard lock(mutex_);
  auto it = containers_.find(container);
  if (it == containers_.end()) return std::nullopt;
  return it->second.status;
}

std::string Model::Id(const std::string& name) const {
  std::lock_guard lock(mutex_);
  std::string newest;
  int64_t created = 0;
  for (const auto& [id, entry] : containers_) {
    if (entry.status.metadata().name() != name || entry.status.created_at() < created) continue;
    newest = id;
    created = entry.status.created_at();
  }
  return newest;
}

Model::Answer Model::Version(const std::string&) {
  cri::VersionResponse response;
  response.set_version("0.1.0");
  response.set_runtime_name("fake");
  response.set_runtime_version("1");
  response.set_runtime_api_version("v1");
  return Ok(response);
}

Model::Answer Model::Status(const std::string&) {
  cri::StatusResponse response;
  for (const char* type : {"RuntimeReady", "NetworkReady"}) {
    cri::RuntimeCondition& condition = *response.mutable_status()->add_conditions();
    condition.set_type(type);
    condition.set_status(true);
  }
  return Ok(response);
}

Model::Answer Model::ImageStatus(const std::string& bytes) {
  const auto request = Parse<cri::ImageStatusRequest>(bytes);
  cri::ImageStatusResponse response;
  response.mutable_image()->set_id("sha256:" + request.image().image());
  return Ok(response);
}

Model::Answer Model::PullImage(const std::string& bytes) {
  const auto request = Parse<cri::PullImageRequest>(bytes);
  cri::PullImageResponse response;
  response.set_image_ref("sha256:" + request.image().image());
  return Ok(response);
}

}  // namespace sidecar_shim::testing
