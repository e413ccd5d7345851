#include "tests/support/model.h"

#include <algorithm>
#include <chrono>
#include <vector>

namespace sidecar_shim::testing {
namespace {

namespace cri = runtime::v1;

template <typename Message>
Message Parse(const std::string& bytes) {
  Message message;
  message.ParseFromString(bytes);
  return message;
}

Model::Answer Ok(const google::protobuf::MessageLite& message) {
  return {grpc::Status::OK, message.SerializeAsString()};
}

Model::Answer NotFound(const std::string& id) {
  return {grpc::Status(grpc::StatusCode::NOT_FOUND, "an error occurred when try to find \"" + id + "\""), ""};
}

cri::Container Summary(const cri::ContainerStatus& status, const std::string& sandbox) {
  cri::Container container;
  container.set_id(status.id());
  container.set_pod_sandbox_id(sandbox);
  *container.mutable_metadata() = status.metadata();
  *container.mutable_image() = status.image();
  container.set_state(status.state());
  container.set_created_at(status.created_at());
  *container.mutable_labels() = status.labels();
  *container.mutable_annotations() = status.annotations();
  return container;
}

}  // namespace

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

void Model::Tell(const std::string& container, cri::ContainerEventType type) {
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
  Tell(container, cri::CONTAINER_STOPPED_EVENT);
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

Model::Answer Model::RunPodSandbox(const std::string& bytes) {
  const auto request = Parse<cri::RunPodSandboxRequest>(bytes);
  std::lock_guard lock(mutex_);
  cri::PodSandboxStatus status;
  status.set_id(std::to_string(++next_) + "-sandbox");
  *status.mutable_metadata() = request.config().metadata();
  *status.mutable_labels() = request.config().labels();
  *status.mutable_annotations() = request.config().annotations();
  status.set_created_at(Now());
  status.mutable_network()->set_ip("127.0.0.1");
  sandboxes_[status.id()] = status;
  cri::RunPodSandboxResponse response;
  response.set_pod_sandbox_id(status.id());
  return Ok(response);
}

Model::Answer Model::StopPodSandbox(const std::string& bytes) {
  const auto request = Parse<cri::StopPodSandboxRequest>(bytes);
  std::vector<std::string> running;
  {
    std::lock_guard lock(mutex_);
    auto it = sandboxes_.find(request.pod_sandbox_id());
    if (it != sandboxes_.end()) it->second.set_state(cri::SANDBOX_NOTREADY);
    for (const auto& [id, entry] : containers_) {
      if (entry.request.pod_sandbox_id() == request.pod_sandbox_id()) running.push_back(id);
    }
  }
  for (const std::string& id : running) Exit(id, 137);
  return Ok(cri::StopPodSandboxResponse());
}

Model::Answer Model::RemovePodSandbox(const std::string& bytes) {
  const auto request = Parse<cri::RemovePodSandboxRequest>(bytes);
  std::lock_guard lock(mutex_);
  std::erase_if(containers_, [&](const auto& entry) {
    return entry.second.request.pod_sandbox_id() == request.pod_sandbox_id();
  });
  sandboxes_.erase(request.pod_sandbox_id());
  return Ok(cri::RemovePodSandboxResponse());
}

Model::Answer Model::PodSandboxStatus(const std::string& bytes) {
  const auto request = Parse<cri::PodSandboxStatusRequest>(bytes);
  std::lock_guard lock(mutex_);
  auto it = sandboxes_.find(request.pod_sandbox_id());
  if (it == sandboxes_.end()) return NotFound(request.pod_sandbox_id());
  cri::PodSandboxStatusResponse response;
  *response.mutable_status() = it->second;
  for (const auto& [id, entry] : containers_) {
    if (entry.request.pod_sandbox_id() == it->first) *response.add_containers_statuses() = entry.status;
  }
  return Ok(response);
}

Model::Answer Model::ListPodSandbox(const std::string&) {
  std::lock_guard lock(mutex_);
  cri::ListPodSandboxResponse response;
  for (const auto& [id, status] : sandboxes_) {
    cri::PodSandbox& item = *response.add_items();
    item.set_id(id);
    *item.mutable_metadata() = status.metadata();
    item.set_state(status.state());
    item.set_created_at(status.created_at());
    *item.mutable_labels() = status.labels();
    *item.mutable_annotations() = status.annotations();
  }
  return Ok(response);
}

Model::Answer Model::CreateContainer(const std::string& bytes) {
  auto request = Parse<cri::CreateContainerRequest>(bytes);
  cri::CreateContainerResponse response;
  {
    std::lock_guard lock(mutex_);
    if (!sandboxes_.contains(request.pod_sandbox_id())) return NotFound(request.pod_sandbox_id());
    cri::ContainerStatus status;
    status.set_id(std::to_string(++next_) + "-container");
    *status.mutable_metadata() = request.config().metadata();
    *status.mutable_image() = request.config().image();
    *status.mutable_labels() = request.config().labels();
    *status.mutable_annotations() = request.config().annotations();
    status.set_created_at(Now());
    response.set_container_id(status.id());
    containers_[status.id()] = {status, std::move(request)};
  }
  Tell(response.container_id(), cri::CONTAINER_CREATED_EVENT);
  return Ok(response);
}

Model::Answer Model::StartContainer(const std::string& bytes) {
  const auto request = Parse<cri::StartContainerRequest>(bytes);
  {
    std::lock_guard lock(mutex_);
    auto it = containers_.find(request.container_id());
    if (it == containers_.end()) return NotFound(request.container_id());
    cri::ContainerStatus& status = it->second.status;
    if (status.state() != cri::CONTAINER_CREATED) {
      return {
          grpc::Status(grpc::StatusCode::UNKNOWN, "container is in state " + std::to_string(status.state())),
          ""};
    }
    status.set_state(cri::CONTAINER_RUNNING);
    status.set_started_at(Now());
  }
  Tell(request.container_id(), cri::CONTAINER_STARTED_EVENT);
  return Ok(cri::StartContainerResponse());
}

Model::Answer Model::StopContainer(const std::string& bytes) {
  const auto request = Parse<cri::StopContainerRequest>(bytes);
  int code = 143;
  {
    std::lock_guard lock(mutex_);
    auto it = containers_.find(request.container_id());
    if (it == containers_.end()) return NotFound(request.container_id());
    auto set = stop_codes_.find(it->second.status.metadata().name());
    if (set != stop_codes_.end()) code = set->second;
  }
  Exit(request.container_id(), code);
  return Ok(cri::StopContainerResponse());
}

Model::Answer Model::RemoveContainer(const std::string& bytes) {
  const auto request = Parse<cri::RemoveContainerRequest>(bytes);
  std::lock_guard lock(mutex_);
  containers_.erase(request.container_id());
  return Ok(cri::RemoveContainerResponse());
}

Model::Answer Model::ListContainers(const std::string& bytes) {
  const auto request = Parse<cri::ListContainersRequest>(bytes);
  std::lock_guard lock(mutex_);
  cri::ListContainersResponse response;
  for (const auto& [id, entry] : containers_) {
    const cri::ContainerFilter& filter = request.filter();
    if (!filter.id().empty() && filter.id() != id) continue;
    if (!filter.pod_sandbox_id().empty() && filter.pod_sandbox_id() != entry.request.pod_sandbox_id())
      continue;
    if (filter.has_state() && filter.state().state() != entry.status.state()) continue;
    *response.add_containers() = Summary(entry.status, entry.request.pod_sandbox_id());
  }
  return Ok(response);
}

Model::Answer Model::ContainerStatus(const std::string& bytes) {
  const auto request = Parse<cri::ContainerStatusRequest>(bytes);
  std::lock_guard lock(mutex_);
  auto it = containers_.find(request.container_id());
  if (it == containers_.end()) return NotFound(request.container_id());
  cri::ContainerStatusResponse response;
  *response.mutable_status() = it->second.status;
  if (request.verbose()) {
    auto pid = pids_.find(it->second.status.metadata().name());
    (*response.mutable_info())["info"] =
        pid == pids_.end() ? "{}" : "{\"pid\": " + std::to_string(pid->second) + "}";
  }
  return Ok(response);
}

Model::Answer Model::ExecSync(const std::string& bytes) {
  const auto request = Parse<cri::ExecSyncRequest>(bytes);
  std::lock_guard lock(mutex_);
  auto it = containers_.find(request.container_id());
  if (it == containers_.end()) return NotFound(request.container_id());
  if (it->second.status.state() != cri::CONTAINER_RUNNING) {
    return {grpc::Status(grpc::StatusCode::UNKNOWN, "container is not running"), ""};
  }
  return Ok(cri::ExecSyncResponse());
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
