#include "tests/support/fake_runtime.h"

#include <algorithm>
#include <utility>

#include "absl/strings/match.h"
#include "containerd_events.pb.h"

namespace sidecar_shim::testing {
namespace {

namespace cri = runtime::v1;
namespace events = containerd::services::events::v1;

constexpr const char* kSubscribe = "/containerd.services.events.v1.Events/Subscribe";

std::string TaskExitEnvelope(const cri::ContainerStatus& container) {
  events::TaskExit exit;
  exit.set_container_id(container.id());
  exit.set_id(container.id());
  exit.set_exit_status(static_cast<uint32_t>(container.exit_code()));
  exit.mutable_exited_at()->set_seconds(container.finished_at() / 1'000'000'000);
  exit.mutable_exited_at()->set_nanos(static_cast<int32_t>(container.finished_at() % 1'000'000'000));
  events::Envelope envelope;
  envelope.set_namespace_("k8s.io");
  envelope.set_topic("/tasks/exit");
  envelope.mutable_event()->set_type_url("containerd.events.TaskExit");
  envelope.mutable_event()->set_value(exit.SerializeAsString());
  return envelope.SerializeAsString();
}

}  // namespace

std::string Method(const std::string& name) { return "/runtime.v1.RuntimeService/" + name; }

FakeRuntime::FakeRuntime(std::string socket_path)
    : path_(std::move(socket_path)),
      model_([this](const cri::ContainerStatus& container, const cri::PodSandboxStatus& sandbox,
                    cri::ContainerEventType type) { OnChange(container, sandbox, type); }) {}

void FakeRuntime::Start() {
  std::lock_guard lock(server_mutex_);
  server_ = std::make_unique<RawServer>("unix:" + path_,
                                        [this](const std::shared_ptr<RawCall>& call) { Serve(call); });
}

void FakeRuntime::Stop() {
  std::unique_ptr<RawServer> server;
  {
    std::lock_guard lock(server_mutex_);
    server = std::move(server_);
  }
  server.reset();
  std::lock_guard lock(mutex_);
  hung_.clear();
  sinks_.clear();
}

void FakeRuntime::Delay(const std::string& method, Duration delay) {
  std::lock_guard lock(mutex_);
  faults_[method].delay = delay;
}

void FakeRuntime::Fail(const std::string& method, const grpc::Status& status) {
  std::lock_guard lock(mutex_);
  faults_[method].status = status;
}

void FakeRuntime::Hang(const std::string& method) {
  std::lock_guard lock(mutex_);
  faults_[method].hang = true;
}

void FakeRuntime::Clear(const std::string& method) {
  std::lock_guard lock(mutex_);
  faults_.erase(method);
  scripts_.erase(method);
}

void FakeRuntime::Release(const std::string& method) {
  Clear(method);
  std::lock_guard server_lock(server_mutex_);
  if (!server_) return;
  server_->Post([this, method] {
    std::list<Hung> free;
    {
      std::lock_guard lock(mutex_);
      for (auto it = hung_.begin(); it != hung_.end();) {
        auto next = std::next(it);
        if (it->method == method) free.splice(free.end(), hung_, it);
        it = next;
      }
    }
    for (const Hung& hung : free) {
      hung.call->on_cancelled = nullptr;
      Answer(hung.call, hung.bytes);
    }
  });
}

void FakeRuntime::On(const std::string& method, RawServer::Serve script) {
  std::lock_guard lock(mutex_);
  scripts_[method] = std::move(script);
}

std::vector<Recorded> FakeRuntime::Calls(const std::string& method) const {
  std::lock_guard lock(mutex_);
  std::vector<Recorded> calls;
  for (const Recorded& call : calls_) {
    if (method.empty() || call.method == method) calls.push_back(call);
  }
  return calls;
}

size_t FakeRuntime::Hanging() const {
  std::lock_guard lock(mutex_);
  return hung_.size();
}

size_t FakeRuntime::CancelledWhileHanging() const {
  std::lock_guard lock(mutex_);
  return cancelled_;
}

size_t FakeRuntime::Subscribers() const {
  std::lock_guard lock(mutex_);
  return static_cast<size_t>(
      std::count_if(sinks_.begin(), sinks_.end(), [](const auto& sink) { return sink->containerd; }));
}

void FakeRuntime::Record(const std::shared_ptr<RawCall>& call, const std::string& bytes) {
  Recorded recorded{call->method(), bytes, {}, call->context.deadline()};
  for (const auto& [key, value] : call->context.client_metadata()) {
    recorded.metadata.emplace(std::string(key.data(), key.size()), std::string(value.data(), value.size()));
  }
  std::lock_guard lock(mutex_);
  calls_.push_back(std::move(recorded));
}

void FakeRuntime::Serve(const std::shared_ptr<RawCall>& call) {
  RawServer::Serve script;
  {
    std::lock_guard lock(mutex_);
    auto it = scripts_.find(call->method());
    if (it != scripts_.end()) script = it->second;
  }
  if (script) {
    script(call);
    return;
  }
  call->Read([this, call](bool ok, const std::string& bytes) {
    if (!ok) {
      call->Finish(grpc::Status(grpc::StatusCode::INTERNAL, "no message"));
      return;
    }
    Record(call, bytes);
    OnRequest(call, bytes);
  });
}

void FakeRuntime::OnRequest(const std::shared_ptr<RawCall>& call, const std::string& bytes) {
  Fault fault;
  {
    std::lock_guard lock(mutex_);
    auto it = faults_.find(call->method());
    if (it != faults_.end()) fault = it->second;
    if (fault.hang) {
      if (call->cancelled) {
        ++cancelled_;
        return;
      }
      auto place = hung_.insert(hung_.end(), Hung{call->method(), call, bytes});
      call->on_cancelled = [this, place] {
        std::lock_guard cancel_lock(mutex_);
        hung_.erase(place);
        ++cancelled_;
      };
      return;
    }
  }
  if (fault.delay > Duration{0}) {
    call->After(fault.delay, [this, call, fault, bytes] {
      if (call->cancelled) return;
      fault.status.ok() ? Answer(call, bytes) : call->Finish(fault.status);
    });
    return;
  }
  if (fault.status.ok()) {
    Answer(call, bytes);
  } else {
    call->Finish(fault.status);
  }
}

void FakeRuntime::Answer(const std::shared_ptr<RawCall>& call, const std::string& bytes) {
  if (call->method() == kSubscribe) {
    Subscribe(call, /*containerd=*/true);
    return;
  }
  if (call->method() == Method("GetContainerEvents")) {
    Subscribe(call, /*containerd=*/false);
    return;
  }
  if (!absl::StartsWith(call->method(), "/runtime.")) {
    call->Finish(grpc::Status(grpc::StatusCode::UNIMPLEMENTED, "unknown service in " + call->method()));
    return;
  }
  const Model::Answer answer = model_.Serve(call->method().substr(call->method().rfind('/') + 1), bytes);
  if (answer.status.ok()) {
    call->Reply(answer.bytes);
  } else {
    call->Finish(answer.status);
  }
}

void FakeRuntime::Subscribe(const std::shared_ptr<RawCall>& call, bool containerd) {
  auto sink = std::make_shared<Sink>();
  sink->call = call;
  sink->containerd = containerd;
  if (call->cancelled) return;
  std::lock_guard lock(mutex_);
  sinks_.push_back(sink);
  call->on_cancelled = [this, weak = std::weak_ptr<Sink>(sink)] {
    std::lock_guard cancel_lock(mutex_);
    sinks_.remove(weak.lock());
  };
}

void FakeRuntime::Publish(bool containerd, const std::string& message) {
  std::list<std::shared_ptr<Sink>> sinks;
  {
    std::lock_guard lock(mutex_);
    sinks = sinks_;
  }
  for (const auto& sink : sinks) {
    if (sink->containerd != containerd) continue;
    sink->queue.push_back(message);
    Pump(sink);
  }
}

void FakeRuntime::Pump(const std::shared_ptr<Sink>& sink) {
  if (sink->writing || sink->queue.empty() || sink->call->cancelled) return;
  sink->writing = true;
  const std::string message = std::move(sink->queue.front());
  sink->queue.pop_front();
  sink->call->Write(message, [this, sink](bool ok) {
    sink->writing = false;
    if (ok) Pump(sink);
  });
}

void FakeRuntime::OnChange(const cri::ContainerStatus& container, const cri::PodSandboxStatus& sandbox,
                           cri::ContainerEventType type) {
  cri::ContainerEventResponse event;
  event.set_container_id(container.id());
  event.set_container_event_type(type);
  event.set_created_at(std::max(container.created_at(), container.finished_at()));
  *event.mutable_pod_sandbox_status() = sandbox;
  *event.add_containers_statuses() = container;
  std::lock_guard lock(server_mutex_);
  if (!server_) return;
  if (type == cri::CONTAINER_STOPPED_EVENT) {
    server_->Post([this, message = TaskExitEnvelope(container)] { Publish(/*containerd=*/true, message); });
  }
  server_->Post([this, message = event.SerializeAsString()] { Publish(/*containerd=*/false, message); });
}

}  // namespace sidecar_shim::testing
