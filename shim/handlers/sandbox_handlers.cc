// RunPodSandbox, StopPodSandbox, RemovePodSandbox: never changed, delayed or refused, only reported to the
// policy.
#include "shim/cri/convert.h"
#include "shim/handlers/context.h"

namespace sidecar_shim {
namespace {

class RunPodSandboxHandler : public CallHandler {
 public:
  explicit RunPodSandboxHandler(HandlerContext& context) : context_(context) {}

  void OnRequest(RelayedCall& call) override {
    runtime::v1::RunPodSandboxRequest request;
    if (FromBytes(call.request(), request) && request.has_config()) {
      seen_ = ToSandboxSeen("", request.config());
      // Creating a sandbox takes a while, so that the spec is usually known before the first CreateContainer.
      context_.specs.Resolve({seen_.pod, seen_.annotations});
    }
    call.Forward();
  }

  ResponseWanted Response() override { return ResponseWanted::kWhole; }

  std::optional<std::string> OnResponse(std::string_view bytes) override {
    runtime::v1::RunPodSandboxResponse response;
    if (seen_.pod == policy::PodRef() || !FromBytes(bytes, response)) return std::nullopt;
    seen_.sandbox = policy::SandboxId(response.pod_sandbox_id());
    context_.driver.Post(seen_);
    // The policy ignored what the spec sources found before it knew the pod.
    context_.specs.Publish(seen_.pod);
    return std::nullopt;
  }

  void OnEnd(const grpc::Status& status) override {
    if (!status.ok() && context_.driver.engine().FindPod(seen_.pod) == nullptr) {
      context_.specs.Forget(seen_.pod);
    }
  }

 private:
  HandlerContext& context_;
  policy::SandboxSeen seen_;
};

class StopPodSandboxHandler : public CallHandler {
 public:
  explicit StopPodSandboxHandler(HandlerContext& context) : context_(context) {}

  void OnRequest(RelayedCall& call) override {
    runtime::v1::StopPodSandboxRequest request;
    if (FromBytes(call.request(), request)) {
      context_.driver.Post(policy::SandboxStopping{
          context_.driver.engine().FullSandboxId(policy::SandboxId(request.pod_sandbox_id()))});
    }
    call.Forward();
  }

 private:
  HandlerContext& context_;
};

class RemovePodSandboxHandler : public CallHandler {
 public:
  explicit RemovePodSandboxHandler(HandlerContext& context) : context_(context) {}

  void OnRequest(RelayedCall& call) override {
    runtime::v1::RemovePodSandboxRequest request;
    if (FromBytes(call.request(), request)) {
      sandbox_ = context_.driver.engine().FullSandboxId(policy::SandboxId(request.pod_sandbox_id()));
    }
    call.Forward();
  }

  void OnEnd(const grpc::Status& status) override {
    if (status.ok() && !sandbox_.empty()) context_.reconciler.OnSandboxGone(sandbox_);
  }

 private:
  HandlerContext& context_;
  policy::SandboxId sandbox_;
};

}  // namespace

std::unique_ptr<CallHandler> MakeRunPodSandboxHandler(HandlerContext& context) {
  return std::make_unique<RunPodSandboxHandler>(context);
}

std::unique_ptr<CallHandler> MakeStopPodSandboxHandler(HandlerContext& context) {
  return std::make_unique<StopPodSandboxHandler>(context);
}

std::unique_ptr<CallHandler> MakeRemovePodSandboxHandler(HandlerContext& context) {
  return std::make_unique<RemovePodSandboxHandler>(context);
}

}  // namespace sidecar_shim
