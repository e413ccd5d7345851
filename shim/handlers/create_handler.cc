// CreateContainer: the gate. Once the runtime's state and the pod's spec are known, or their time is up, the
// policy decides: the create is forwarded, with stamps in the container's annotations, refused, or answered
// with a container that the shim has created.
#include <algorithm>
#include <utility>

#include "shim/base/lifetime.h"
#include "shim/cri/convert.h"
#include "shim/handlers/context.h"
#include "shim/specs/stamp_codec.h"

namespace sidecar_shim {
namespace {

using runtime::v1::CreateContainerRequest;

// How long a create waits until the runtime's state and the spec are known; it never waits for a container to
// change its state. The shorter limit is the part that reading the runtime may take, so that some is left for
// the spec.
constexpr Duration kCreateTimeout = std::chrono::seconds(1);
constexpr Duration kReadingTimeout = std::chrono::milliseconds(750);

class CreateContainerHandler : public CallHandler, public CreateWaiter {
 public:
  explicit CreateContainerHandler(HandlerContext& context) : context_(context) {}
  ~CreateContainerHandler() override { CancelPending(); }

  void OnRequest(RelayedCall& call) override {
    call_ = &call;
    if (!FromBytes(call.request(), request_) || !request_.has_config()) {
      call.Forward();  // the runtime reports what is wrong with it
      return;
    }
    deadline_ = context_.loop.Now() + kCreateTimeout;
    context_.reconciler.WhenReady(kReadingTimeout, lifetime_.Guard([this] { ResolveSpec(); }));
  }

  ResponseWanted Response() override { return ResponseWanted::kWhole; }

  std::optional<std::string> OnResponse(std::string_view bytes) override {
    runtime::v1::CreateContainerResponse response;
    if (!FromBytes(bytes, response)) return std::nullopt;
    policy::ContainerSeen seen;
    seen.container = policy::ContainerId(response.container_id());
    seen.sandbox = sandbox_;
    seen.name = request_.config().metadata().name();
    seen.attempt = request_.config().metadata().attempt();
    seen.traits = ReadTraits(request_.config());
    ReadStopSettings(request_.config().annotations(), seen);
    context_.driver.Post(seen);
    return std::nullopt;
  }

  void OnEnd(const grpc::Status& status) override {
    if (status.ok()) return;
    context_.driver.Post(
        policy::CreateFailed{sandbox_, request_.config().metadata().name(), /*by_shim=*/false});
  }

  void OnCancelled() override {
    lifetime_.Restart();
    CancelPending();
  }

  void Admit(const std::optional<policy::Stamp>& stamp) override {
    if (!stamp) {
      call_->Forward();
      return;
    }
    CreateContainerRequest stamped = request_;
    AddAnnotations(EncodeStamp(*stamp), *stamped.mutable_config());
    call_->ForwardChanged(ToBytes(stamped));
  }

  void Refuse(const std::string& message, bool remember) override {
    if (remember) {
      context_.launcher.Remember(sandbox_, request_.config().metadata().name(),
                                 std::string(call_->request()));
    }
    call_->Fail(grpc::Status(grpc::StatusCode::FAILED_PRECONDITION, message));
  }

  void Answer(const policy::ContainerId& container) override {
    runtime::v1::CreateContainerResponse response;
    response.set_container_id(container.value());
    call_->Reply(ToBytes(response));
  }

  void Abandon() override { call_->Fail(ShuttingDown()); }

 private:
  void ResolveSpec() {
    sandbox_ = context_.driver.engine().FullSandboxId(policy::SandboxId(request_.pod_sandbox_id()));
    const runtime::v1::PodSandboxConfig& sandbox = request_.sandbox_config();
    if (!context_.driver.engine().KnowsSandbox(sandbox_) && sandbox.has_metadata()) {
      // Created before the shim started, or on the runtime's own socket.
      context_.driver.Post(ToSandboxSeen(sandbox_.value(), sandbox));
    }
    if (!sandbox.has_metadata()) {
      SubmitToPolicy();
      return;
    }
    context_.specs.WhenResolved({ToPodRef(sandbox.metadata()), ToAnnotations(sandbox.annotations())},
                                std::max<Duration>(deadline_ - context_.loop.Now(), Duration{0}),
                                lifetime_.Guard([this] { SubmitToPolicy(); }));
  }

  void SubmitToPolicy() {
    // The wait may have ended because the shim shuts down; the next shim decides with full knowledge.
    if (context_.driver.stopped()) {
      Abandon();
      return;
    }
    policy::CreateRequested event;
    event.sandbox = sandbox_;
    event.name = request_.config().metadata().name();
    event.attempt = request_.config().metadata().attempt();
    event.traits = ReadTraits(request_.config());
    event.pod_annotations = ToAnnotations(request_.sandbox_config().annotations());
    pending_call_ = context_.driver.Submit(event, *this);
  }

  void CancelPending() {
    if (pending_call_ != policy::CallId()) context_.driver.Cancel(std::exchange(pending_call_, 0));
  }

  HandlerContext& context_;
  RelayedCall* call_ = nullptr;
  CreateContainerRequest request_;
  policy::SandboxId sandbox_;
  policy::CallId pending_call_;
  Time deadline_{};
  Lifetime lifetime_;
};

}  // namespace

std::unique_ptr<CallHandler> MakeCreateContainerHandler(HandlerContext& context) {
  return std::make_unique<CreateContainerHandler>(context);
}

}  // namespace sidecar_shim
