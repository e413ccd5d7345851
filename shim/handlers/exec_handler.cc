// ExecSync: kubelet's exec probes pass by here.
#include "shim/handlers/context.h"

namespace sidecar_shim {
namespace {

class ExecSyncHandler : public CallHandler {
 public:
  explicit ExecSyncHandler(HandlerContext& context) : context_(context) {}

  void OnRequest(RelayedCall& call, const grpc::ByteBuffer& bytes) override {
    FromBytes(bytes, request_);
    call.Forward(bytes);
  }

  void OnResponse(grpc::ByteBuffer& bytes) override {
    runtime::v1::ExecSyncResponse response;
    if (!FromBytes(bytes, response)) return;
    const std::vector<std::string> command(request_.cmd().begin(), request_.cmd().end());
    context_.prober.OnExec(context_.conductor.engine().FullContainerId(request_.container_id()), command,
                           response.exit_code() == 0);
  }

 private:
  HandlerContext& context_;
  runtime::v1::ExecSyncRequest request_;
};

}  // namespace

std::unique_ptr<CallHandler> MakeExecSyncHandler(HandlerContext& context) {
  // Where nobody is waited for, nothing is looked at.
  if (!context.prober.Busy()) return nullptr;
  return std::make_unique<ExecSyncHandler>(context);
}

}  // namespace sidecar_shim
