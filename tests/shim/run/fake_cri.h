// A CRI runtime in memory: its containers exit after a scripted time, and a test can refuse creates. It is
// thread-safe.
#ifndef SIDECAR_SHIM_TESTS_SHIM_RUN_FAKE_CRI_H_
#define SIDECAR_SHIM_TESTS_SHIM_RUN_FAKE_CRI_H_

#include <grpcpp/grpcpp.h>

#include <algorithm>
#include <functional>
#include <map>
#include <memory>
#include <mutex>
#include <string>
#include <vector>

#include "absl/time/clock.h"
#include "cri.grpc.pb.h"
#include "shim/run/cri.h"

namespace sidecar_shim::run {

// How a container of that name behaves.
struct Script {
  absl::Duration runs_for = absl::InfiniteDuration();
  std::vector<int> exit_codes = {0};  // by attempt; the last one repeats
  int stop_exit_code = 137;
  bool mask = false;  // report 0, with the real exit code in the info, as the shim does
  std::string start_error = "";
};

class FakeCri final : public cri::RuntimeService::Service, public cri::ImageService::Service {
 public:
  explicit FakeCri(const std::string& socket) : socket_(socket) {
    grpc::ServerBuilder builder;
    builder.AddListeningPort("unix:" + socket, grpc::InsecureServerCredentials());
    builder.RegisterService(static_cast<cri::RuntimeService::Service*>(this));
    builder.RegisterService(static_cast<cri::ImageService::Service*>(this));
    server_ = builder.BuildAndStart();
  }
  ~FakeCri() override {
    server_->Shutdown();
    server_->Wait();
  }

  std::string endpoint() const { return "unix://" + socket_; }

  // The error text for a create, "" to accept it. Gets the number of creates of that container so far; it
  // must not call the fake.
  using Gate = std::function<std::string(const cri::CreateContainerRequest&, int)>;
  void SetGate(Gate gate) {
    std::lock_guard lock(mutex_);
    gate_ = std::move(gate);
  }
  void SetScript(const std::string& name, Script script) {
    std::lock_guard lock(mutex_);
    scripts_[name] = std::move(script);
  }
  // Every call so far but lists and statuses, as "CreateContainer a".
  std::vector<std::string> calls() {
    std::lock_guard lock(mutex_);
    return calls_;
  }
  // Creates and starts the container of a request, as the shim does when it launches ahead of kubelet.
  void LaunchAhead(const cri::CreateContainerRequest& request) {
    std::lock_guard lock(mutex_);
    cri::ContainerStatus& container = Add(request);
    Run(container);
  }

  grpc::Status Version(grpc::ServerContext*, const cri::VersionRequest*,
                       cri::VersionResponse* response) override {
    response->set_runtime_name("fake");
    return grpc::Status::OK;
  }
  grpc::Status RunPodSandbox(grpc::ServerContext*, const cri::RunPodSandboxRequest* request,
                             cri::RunPodSandboxResponse* response) override {
    std::lock_guard lock(mutex_);
    calls_.push_back("RunPodSandbox");
    cri::PodSandboxStatus& sandbox = sandboxes_["s" + std::to_string(++last_id_)];
    sandbox.set_id("s" + std::to_string(last_id_));
    *sandbox.mutable_metadata() = request->config().metadata();
    sandbox.set_created_at(absl::ToUnixNanos(absl::Now()));
    sandbox.mutable_network()->set_ip("10.0.0.1");
    response->set_pod_sandbox_id(sandbox.id());
    return grpc::Status::OK;
  }
  grpc::Status StopPodSandbox(grpc::ServerContext*, const cri::StopPodSandboxRequest* request,
                              cri::StopPodSandboxResponse*) override {
    std::lock_guard lock(mutex_);
    calls_.push_back("StopPodSandbox");
    sandboxes_[request->pod_sandbox_id()].set_state(cri::SANDBOX_NOTREADY);
    for (auto& [id, container] : containers_) Exit(container, 137);
    return grpc::Status::OK;
  }
  grpc::Status RemovePodSandbox(grpc::ServerContext*, const cri::RemovePodSandboxRequest* request,
                                cri::RemovePodSandboxResponse*) override {
    std::lock_guard lock(mutex_);
    calls_.push_back("RemovePodSandbox");
    sandboxes_.erase(request->pod_sandbox_id());
    return grpc::Status::OK;
  }
  grpc::Status PodSandboxStatus(grpc::ServerContext*, const cri::PodSandboxStatusRequest* request,
                                cri::PodSandboxStatusResponse* response) override {
    std::lock_guard lock(mutex_);
    auto it = sandboxes_.find(request->pod_sandbox_id());
    if (it == sandboxes_.end()) return grpc::Status(grpc::StatusCode::NOT_FOUND, "no such sandbox");
    *response->mutable_status() = it->second;
    return grpc::Status::OK;
  }
  grpc::Status ListPodSandbox(grpc::ServerContext*, const cri::ListPodSandboxRequest*,
                              cri::ListPodSandboxResponse* response) override {
    std::lock_guard lock(mutex_);
    for (const auto& [id, sandbox] : sandboxes_) {
      cri::PodSandbox& item = *response->add_items();
      item.set_id(id);
      item.set_state(sandbox.state());
    }
    return grpc::Status::OK;
  }
  grpc::Status CreateContainer(grpc::ServerContext*, const cri::CreateContainerRequest* request,
                               cri::CreateContainerResponse* response) override {
    std::lock_guard lock(mutex_);
    const std::string& name = request->config().metadata().name();
    calls_.push_back("CreateContainer " + name);
    std::string refusal = gate_ ? gate_(*request, ++creates_[name]) : "";
    if (!refusal.empty()) return grpc::Status(grpc::StatusCode::FAILED_PRECONDITION, refusal);
    response->set_container_id(Add(*request).id());
    return grpc::Status::OK;
  }
  grpc::Status StartContainer(grpc::ServerContext*, const cri::StartContainerRequest* request,
                              cri::StartContainerResponse*) override {
    std::lock_guard lock(mutex_);
    cri::ContainerStatus& container = containers_[request->container_id()];
    calls_.push_back("StartContainer " + container.metadata().name());
    const std::string& error = scripts_[container.metadata().name()].start_error;
    if (!error.empty()) return grpc::Status(grpc::StatusCode::UNKNOWN, error);
    Run(container);
    return grpc::Status::OK;
  }
  grpc::Status StopContainer(grpc::ServerContext*, const cri::StopContainerRequest* request,
                             cri::StopContainerResponse*) override {
    std::lock_guard lock(mutex_);
    cri::ContainerStatus& container = containers_[request->container_id()];
    calls_.push_back("StopContainer " + container.metadata().name());
    Exit(container, scripts_[container.metadata().name()].stop_exit_code);
    return grpc::Status::OK;
  }
  grpc::Status RemoveContainer(grpc::ServerContext*, const cri::RemoveContainerRequest* request,
                               cri::RemoveContainerResponse*) override {
    std::lock_guard lock(mutex_);
    containers_.erase(request->container_id());
    return grpc::Status::OK;
  }
  grpc::Status ListContainers(grpc::ServerContext*, const cri::ListContainersRequest*,
                              cri::ListContainersResponse* response) override {
    std::lock_guard lock(mutex_);
    Advance();
    for (const auto& [id, container] : containers_) {
      cri::Container& item = *response->add_containers();
      item.set_id(id);
      item.set_state(container.state());
    }
    return grpc::Status::OK;
  }
  grpc::Status ContainerStatus(grpc::ServerContext*, const cri::ContainerStatusRequest* request,
                               cri::ContainerStatusResponse* response) override {
    std::lock_guard lock(mutex_);
    Advance();
    auto it = containers_.find(request->container_id());
    if (it == containers_.end()) return grpc::Status(grpc::StatusCode::NOT_FOUND, "no such container");
    cri::ContainerStatus& status = *response->mutable_status() = it->second;
    if (!scripts_[status.metadata().name()].mask || status.state() != cri::CONTAINER_EXITED)
      return grpc::Status::OK;
    (*response->mutable_info())["sidecar-shim"] =
        "{\"masked\":true,\"exitCode\":" + std::to_string(status.exit_code()) +
        ",\"reason\":\"Error\",\"message\":\"\"}";
    status.set_exit_code(0);
    status.set_reason("Completed");
    return grpc::Status::OK;
  }
  grpc::Status ExecSync(grpc::ServerContext*, const cri::ExecSyncRequest* request,
                        cri::ExecSyncResponse*) override {
    std::lock_guard lock(mutex_);
    calls_.push_back("ExecSync " + request->cmd(0));
    return grpc::Status::OK;
  }
  grpc::Status ImageStatus(grpc::ServerContext*, const cri::ImageStatusRequest* request,
                           cri::ImageStatusResponse* response) override {
    if (request->image().image() != "missing:1") response->mutable_image()->set_id("sha256:1");
    return grpc::Status::OK;
  }
  grpc::Status PullImage(grpc::ServerContext*, const cri::PullImageRequest*,
                         cri::PullImageResponse*) override {
    std::lock_guard lock(mutex_);
    calls_.push_back("PullImage");
    return grpc::Status(grpc::StatusCode::NOT_FOUND, "no such image");
  }

 private:
  cri::ContainerStatus& Add(const cri::CreateContainerRequest& request) {
    std::string id = "c" + std::to_string(++last_id_);
    cri::ContainerStatus& container = containers_[id];
    container.set_id(id);
    *container.mutable_metadata() = request.config().metadata();
    *container.mutable_annotations() = request.config().annotations();
    container.set_created_at(absl::ToUnixNanos(absl::Now()));
    return container;
  }
  void Run(cri::ContainerStatus& container) {
    container.set_state(cri::CONTAINER_RUNNING);
    container.set_started_at(absl::ToUnixNanos(absl::Now()));
  }
  void Exit(cri::ContainerStatus& container, int exit_code) {
    if (container.state() != cri::CONTAINER_RUNNING) return;
    container.set_state(cri::CONTAINER_EXITED);
    container.set_exit_code(exit_code);
    container.set_reason(exit_code == 0 ? "Completed" : "Error");
    container.set_finished_at(absl::ToUnixNanos(absl::Now()));
  }
  void Advance() {
    for (auto& [id, container] : containers_) {
      const Script& script = scripts_[container.metadata().name()];
      if (absl::Now() - absl::FromUnixNanos(container.started_at()) < script.runs_for) continue;
      size_t attempt = std::min<size_t>(container.metadata().attempt(), script.exit_codes.size() - 1);
      Exit(container, script.exit_codes[attempt]);
    }
  }

  const std::string socket_;
  std::mutex mutex_;  // guards what follows
  int last_id_ = 0;
  Gate gate_;
  std::map<std::string, Script> scripts_;
  std::map<std::string, int> creates_;
  std::map<std::string, cri::PodSandboxStatus> sandboxes_;
  std::map<std::string, cri::ContainerStatus> containers_;
  std::vector<std::string> calls_;
  std::unique_ptr<grpc::Server> server_;
};

}  // namespace sidecar_shim::run

#endif  // SIDECAR_SHIM_TESTS_SHIM_RUN_FAKE_CRI_H_
