#include "tests/bench/bench_runtime.h"

#include <grpcpp/generic/async_generic_service.h>
#include <grpcpp/grpcpp.h>
#include <signal.h>
#include <sys/prctl.h>

#include <atomic>
#include <map>
#include <memory>
#include <mutex>

#include "tests/bench/messages.h"
#include "tests/bench/runtime_replies.h"

namespace sidecar_shim::bench {

namespace {

class FakeRuntime : public grpc::CallbackGenericService {
 public:
  FakeRuntime() {
    cri::VersionResponse version;
    version.set_version("0.1.0");
    version.set_runtime_name("bench");
    version.set_runtime_version("1.0.0");
    version.set_runtime_api_version("v1");
    version_ = ToBuffer(version);
    for (const char* size : kListSizes) lists_[size] = MakeList(std::stoul(size) * 1024);
    status_ = MakeStatus();
    containers_[kRunningContainer] = MakeRunningContainer();
    *sandboxes_.add_items() = MakeSandbox();
  }

  grpc::ServerGenericBidiReactor* CreateReactor(grpc::GenericCallbackServerContext* context) override {
    return new Call(*this, context->method());
  }

 private:
  class Call : public grpc::ServerGenericBidiReactor {
   public:
    Call(FakeRuntime& runtime, std::string method) : runtime_(runtime), method_(std::move(method)) {
      StartRead(&request_);
    }
    void OnReadDone(bool ok) override {
      if (!ok) return FinishOnce(grpc::Status(grpc::StatusCode::INTERNAL, "no request"));
      // Event streams stay open without any event.
      if (method_.find("/Subscribe") != std::string::npos || method_.find("Events") != std::string::npos)
        return;
      const grpc::Status status = runtime_.Answer(method_, request_, response_);
      if (!status.ok()) return FinishOnce(status);
      if (!finished_.exchange(true)) StartWriteAndFinish(&response_, grpc::WriteOptions(), grpc::Status::OK);
    }
    void OnCancel() override { FinishOnce(grpc::Status::CANCELLED); }
    void OnDone() override { delete this; }

   private:
    void FinishOnce(const grpc::Status& status) {
      if (!finished_.exchange(true)) Finish(status);
    }

    FakeRuntime& runtime_;
    const std::string method_;
    std::atomic<bool> finished_ = false;
    grpc::ByteBuffer request_;
    grpc::ByteBuffer response_;
  };

  grpc::Status Answer(const std::string& full_method, const grpc::ByteBuffer& request,
                      grpc::ByteBuffer& response) {
    const std::string method = full_method.substr(full_method.rfind('/') + 1);
    if (method == "Version") {
      response = version_;
    } else if (method == "ListContainers") {
      const auto wanted = FromBuffer<cri::ListContainersRequest>(request);
      const auto& labels = wanted.filter().label_selector();
      const auto size = labels.find(kSizeLabel);
      response = size != labels.end() ? lists_.at(size->second) : ToBuffer(List());
    } else if (method == "RunPodSandbox") {
      cri::RunPodSandboxResponse reply;
      reply.set_pod_sandbox_id(NewId());
      response = ToBuffer(reply);
    } else if (method == "CreateContainer") {
      response = ToBuffer(Create(FromBuffer<cri::CreateContainerRequest>(request)));
    } else if (method == "StartContainer") {
      SetState(FromBuffer<cri::StartContainerRequest>(request).container_id(), cri::CONTAINER_RUNNING);
      response = ToBuffer(cri::StartContainerResponse());
    } else if (method == "StopContainer") {
      SetState(FromBuffer<cri::StopContainerRequest>(request).container_id(), cri::CONTAINER_EXITED);
      response = ToBuffer(cri::StopContainerResponse());
    } else if (method == "ContainerStatus") {
      return Status(FromBuffer<cri::ContainerStatusRequest>(request).container_id(), response);
    } else if (method == "StopPodSandbox") {
      response = ToBuffer(cri::StopPodSandboxResponse());
    } else if (method == "RemovePodSandbox") {
      Remove(FromBuffer<cri::RemovePodSandboxRequest>(request).pod_sandbox_id());
      response = ToBuffer(cri::RemovePodSandboxResponse());
    } else if (method == "ListPodSandbox") {
      response = ToBuffer(sandboxes_);
    } else {
      return grpc::Status(grpc::StatusCode::UNIMPLEMENTED, full_method);
    }
    return grpc::Status::OK;
  }

  std::string NewId() {
    const std::string number = std::to_string(++last_id_);
    return std::string(64 - number.size(), '0') + number;
  }
  cri::CreateContainerResponse Create(const cri::CreateContainerRequest& request) {
    cri::CreateContainerResponse reply;
    reply.set_container_id(NewId());
    std::lock_guard lock(mutex_);
    cri::Container& container = containers_[reply.container_id()];
    container.set_id(reply.container_id());
    container.set_pod_sandbox_id(request.pod_sandbox_id());
    *container.mutable_metadata() = request.config().metadata();
    *container.mutable_labels() = request.config().labels();
    return reply;
  }
  void SetState(const std::string& id, cri::ContainerState state) {
    std::lock_guard lock(mutex_);
    if (auto it = containers_.find(id); it != containers_.end()) it->second.set_state(state);
  }
  grpc::Status Status(const std::string& id, grpc::ByteBuffer& response) {
    if (id == kRunningContainer) {
      response = status_;
      return grpc::Status::OK;
    }
    std::lock_guard lock(mutex_);
    const auto it = containers_.find(id);
    if (it == containers_.end()) return grpc::Status(grpc::StatusCode::NOT_FOUND, id);
    cri::ContainerStatusResponse reply;
    reply.mutable_status()->set_id(id);
    *reply.mutable_status()->mutable_metadata() = it->second.metadata();
    reply.mutable_status()->set_state(it->second.state());
    response = ToBuffer(reply);
    return grpc::Status::OK;
  }
  void Remove(const std::string& sandbox) {
    std::lock_guard lock(mutex_);
    std::erase_if(containers_, [&](const auto& entry) { return entry.second.pod_sandbox_id() == sandbox; });
  }
  cri::ListContainersResponse List() {
    std::lock_guard lock(mutex_);
    cri::ListContainersResponse list;
    for (const auto& [id, container] : containers_) *list.add_containers() = container;
    return list;
  }

  grpc::ByteBuffer version_;
  grpc::ByteBuffer status_;
  // Of those that RunPodSandbox makes, none is listed.
  cri::ListPodSandboxResponse sandboxes_;
  std::map<std::string, grpc::ByteBuffer> lists_;
  std::atomic<int64_t> last_id_ = 0;
  std::mutex mutex_;
  std::map<std::string, cri::Container> containers_;
};

}  // namespace

int ServeRuntime(const std::string& endpoint) {
  prctl(PR_SET_PDEATHSIG, SIGKILL);
  FakeRuntime runtime;
  grpc::ServerBuilder builder;
  builder.AddListeningPort(endpoint, grpc::InsecureServerCredentials());
  builder.RegisterCallbackGenericService(&runtime);
  const std::unique_ptr<grpc::Server> server = builder.BuildAndStart();
  if (server == nullptr) Die("cannot listen on " + endpoint);
  server->Wait();
  return 0;
}

}  // namespace sidecar_shim::bench
