#include <vector>

#include "tests/support/model.h"
#include "tests/support/model_answers.h"

namespace sidecar_shim::testing {

namespace cri = runtime::v1;

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

}  // namespace sidecar_shim::testing
