// StartContainer: held until the policy forwards, answers or fails it. StopContainer,
// RemoveContainer: relayed unchanged and reported to the policy.
#include <algorithm>
#include <utility>

#include "shim/cri/convert.h"
#include "shim/handlers/context.h"

namespace sidecar_shim {
namespace {

// How long a start is held where the caller sets no deadline.
constexpr Duration kLongestWait = std::chrono::minutes(2);
// A held start is failed that long before the caller's deadline, so that the caller gets the reason and not
// its own DEADLINE_EXCEEDED.
constexpr Duration kLeastMargin = std::chrono::milliseconds(100);

Time DeadlineOf(const Loop& loop, const RelayedCall& call) {
  const Time now = loop.Now();
  const Time deadline = call.deadline();
  if (deadline == Time::max()) return now + kLongestWait;
  const Duration margin = std::max<Duration>((deadline - now) / 10, kLeastMargin);
  return std::max(now, deadline - margin);
}

class StartContainerHandler : public CallHandler, public StartWaiter {
 public:
  explicit StartContainerHandler(HandlerContext& context) : context_(context) {}
  ~StartContainerHandler() override { CancelPending(); }

  void OnRequest(RelayedCall& call) override {
    call_ = &call;
    runtime::v1::StartContainerRequest request;
    if (!FromBytes(call.request(), request)) {
      call.Forward();
      return;
    }
    container_ = context_.driver.engine().FullContainerId(policy::ContainerId(request.container_id()));
    pending_call_ = context_.driver.Submit(container_, DeadlineOf(context_.loop, call), *this);
  }

  void OnEnd(const grpc::Status& status) override {
    if (status.ok()) {
      context_.driver.Post(policy::ContainerStarted{container_});
    } else {
      context_.driver.Post(policy::StartFailed{container_, status.error_message()});
      context_.reconciler.RequestPass();  // the runtime may have recorded an exit
    }
  }

  void OnCancelled() override { CancelPending(); }

  void Forward() override { call_->Forward(); }

  void Answer() override { call_->Reply(ToBytes(runtime::v1::StartContainerResponse())); }

  void Fail(const std::string& message) override {
    call_->Fail(grpc::Status(grpc::StatusCode::FAILED_PRECONDITION, message));
  }

  void Abandon() override { call_->Fail(ShuttingDown()); }

 private:
  void CancelPending() {
    if (pending_call_ != policy::CallId()) context_.driver.Cancel(std::exchange(pending_call_, 0));
  }

  HandlerContext& context_;
  RelayedCall* call_ = nullptr;
  policy::ContainerId container_;
  policy::CallId pending_call_;
};

class StopContainerHandler : public CallHandler {
 public:
  explicit StopContainerHandler(HandlerContext& context) : context_(context) {}

  void OnRequest(RelayedCall& call) override {
    runtime::v1::StopContainerRequest request;
    if (FromBytes(call.request(), request)) {
      container_ = context_.driver.engine().FullContainerId(policy::ContainerId(request.container_id()));
    }
    context_.driver.Post(
        policy::ExternalStopStarted{container_, std::chrono::seconds(BoundedSeconds(request.timeout()))});
    call.Forward();
  }

  void OnEnd(const grpc::Status& status) override {
    context_.driver.Post(policy::ExternalStopEnded{container_, status.ok()});
  }

 private:
  HandlerContext& context_;
  policy::ContainerId container_;
};

class RemoveContainerHandler : public CallHandler {
 public:
  explicit RemoveContainerHandler(HandlerContext& context) : context_(context) {}

  void OnRequest(RelayedCall& call) override {
    runtime::v1::RemoveContainerRequest request;
    if (FromBytes(call.request(), request)) {
      container_ = context_.driver.engine().FullContainerId(policy::ContainerId(request.container_id()));
    }
    call.Forward();
  }

  void OnEnd(const grpc::Status& status) override {
    if (status.ok() && !container_.empty()) context_.driver.Post(policy::ContainerGone{container_});
  }

 private:
  HandlerContext& context_;
  policy::ContainerId container_;
};

}  // namespace

std::unique_ptr<CallHandler> MakeStartContainerHandler(HandlerContext& context) {
  return std::make_unique<StartContainerHandler>(context);
}

std::unique_ptr<CallHandler> MakeStopContainerHandler(HandlerContext& context) {
  return std::make_unique<StopContainerHandler>(context);
}

std::unique_ptr<CallHandler> MakeRemoveContainerHandler(HandlerContext& context) {
  return std::make_unique<RemoveContainerHandler>(context);
}

}  // namespace sidecar_shim
