// A container runtime that answers when a test says so, without gRPC: for tests
// of one component on a FakeLoop.
#ifndef SIDECAR_SHIM_TESTS_SUPPORT_SCRIPTED_RUNTIME_H_
#define SIDECAR_SHIM_TESTS_SUPPORT_SCRIPTED_RUNTIME_H_

#include <deque>
#include <string>
#include <utility>
#include <variant>
#include <vector>

#include "shim/cri/runtime.h"

namespace sidecar_shim::testing {

// The calls of one method that have not been answered, oldest first.
template <typename Request, typename Response>
class PendingCalls {
 public:
  void Add(Request request, Runtime::Done<Response> done) {
    ++count_;
    calls_.emplace_back(std::move(request), std::move(done));
  }
  bool empty() const { return calls_.empty(); }
  // All calls so far, answered or not.
  size_t count() const { return count_; }
  const Request& front() const { return calls_.front().first; }

  void Answer(const Response& response, const grpc::Status& status = grpc::Status::OK) {
    // The answer may bring the next call.
    const Runtime::Done<Response> done = std::move(calls_.front().second);
    calls_.pop_front();
    done(status, response);
  }
  void Fail(const std::string& message) {
    Answer(Response(), grpc::Status(grpc::StatusCode::UNKNOWN, message));
  }

 private:
  std::deque<std::pair<Request, Runtime::Done<Response>>> calls_;
  size_t count_ = 0;
};

class ScriptedRuntime : public Runtime {
 public:
  struct StopRequest {
    policy::ContainerId container;
    Duration grace{0};
  };
  struct ExecRequest {
    policy::ContainerId container;
    std::vector<std::string> command;
    Duration timeout{0};
  };

  void CreateContainer(const runtime::v1::CreateContainerRequest& request,
                       Done<runtime::v1::CreateContainerResponse> done) override {
    creates.Add(request, std::move(done));
  }
  void StartContainer(const policy::ContainerId& id,
                      Done<runtime::v1::StartContainerResponse> done) override {
    starts.Add(id, std::move(done));
  }
  void StopContainer(const policy::ContainerId& id, Duration grace,
                     Done<runtime::v1::StopContainerResponse> done) override {
    stops.Add({id, grace}, std::move(done));
  }
  void ContainerStatus(const policy::ContainerId& id, bool verbose,
                       Done<runtime::v1::ContainerStatusResponse> done) override {
    statuses.Add({id, verbose}, std::move(done));
  }
  void PodSandboxStatus(const policy::SandboxId& id,
                        Done<runtime::v1::PodSandboxStatusResponse> done) override {
    sandbox_statuses.Add(id, std::move(done));
  }
  void ListContainers(Done<runtime::v1::ListContainersResponse> done) override {
    container_lists.Add({}, std::move(done));
  }
  void ListPodSandbox(Done<runtime::v1::ListPodSandboxResponse> done) override {
    sandbox_lists.Add({}, std::move(done));
  }
  void ExecSync(const policy::ContainerId& id, const std::vector<std::string>& command, Duration timeout,
                Done<runtime::v1::ExecSyncResponse> done) override {
    execs.Add({id, command, timeout}, std::move(done));
  }

  void AnswerExec(int exit_code) {
    runtime::v1::ExecSyncResponse response;
    response.set_exit_code(exit_code);
    execs.Answer(response);
  }

  PendingCalls<runtime::v1::CreateContainerRequest, runtime::v1::CreateContainerResponse> creates;
  PendingCalls<policy::ContainerId, runtime::v1::StartContainerResponse> starts;
  PendingCalls<StopRequest, runtime::v1::StopContainerResponse> stops;
  // With whether it is to be verbose.
  PendingCalls<std::pair<policy::ContainerId, bool>, runtime::v1::ContainerStatusResponse> statuses;
  PendingCalls<policy::SandboxId, runtime::v1::PodSandboxStatusResponse> sandbox_statuses;
  PendingCalls<std::monostate, runtime::v1::ListContainersResponse> container_lists;
  PendingCalls<std::monostate, runtime::v1::ListPodSandboxResponse> sandbox_lists;
  PendingCalls<ExecRequest, runtime::v1::ExecSyncResponse> execs;
};

}  // namespace sidecar_shim::testing

#endif  // SIDECAR_SHIM_TESTS_SUPPORT_SCRIPTED_RUNTIME_H_
