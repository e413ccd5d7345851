// ExecSync: relayed unchanged. kubelet runs exec probes and postStart hooks by this call, so the results
// show readiness and hooks that have returned, which are reported to the policy.
#include "shim/handlers/context.h"

namespace sidecar_shim {
namespace {

class ExecSyncHandler : public CallHandler {
 public:
  explicit ExecSyncHandler(HandlerContext& context) : context_(context) {}

  void OnRequest(RelayedCall& call) override {
    FromBytes(call.request(), request_);
    call.Forward();
  }

  ResponseWanted Response() override { return ResponseWanted::kObserve; }

  std::optional<std::string> OnResponse(std::string_view bytes) override {
    runtime::v1::ExecSyncResponse response;
    if (!FromBytes(bytes, response)) return std::nullopt;
    const policy::Engine& engine = context_.driver.engine();
    const policy::ContainerId container =
        engine.FullContainerId(policy::ContainerId(request_.container_id()));
    const std::vector<std::string> command(request_.cmd().begin(), request_.cmd().end());
    const bool passed = response.exit_code() == 0;
    context_.prober.OnExec(container, command, passed);
    const std::vector<std::string>* hook = engine.PendingPostStart(container);
    if (passed && hook != nullptr && *hook == command) {
      context_.driver.Post(policy::PostStartReturned{container});
    }
    return std::nullopt;
  }

 private:
  HandlerContext& context_;
  runtime::v1::ExecSyncRequest request_;
};

}  // namespace

std::unique_ptr<CallHandler> MakeExecSyncHandler(HandlerContext& context) {
  // The results matter only while a container is held.
  if (context.driver.engine().HeldCount() == 0) return nullptr;
  return std::make_unique<ExecSyncHandler>(context);
}

}  // namespace sidecar_shim
