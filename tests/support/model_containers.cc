#include "tests/support/model.h"
#include "tests/support/model_answers.h"

namespace sidecar_shim::testing {

namespace cri = runtime::v1;

namespace {

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
  Publish(response.container_id(), cri::CONTAINER_CREATED_EVENT);
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
  Publish(request.container_id(), cri::CONTAINER_STARTED_EVENT);
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

}  // namespace sidecar_shim::testing
