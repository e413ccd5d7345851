// PullImage: relayed unchanged and reported to the policy: a pod for which kubelet still pulls an image has a
// container that is not created yet.
#include "shim/cri/convert.h"
#include "shim/handlers/context.h"

namespace sidecar_shim {
namespace {

class PullImageHandler : public CallHandler {
 public:
  explicit PullImageHandler(HandlerContext& context) : context_(context) {}

  void OnRequest(RelayedCall& call) override {
    runtime::v1::PullImageRequest request;
    if (FromBytes(call.request(), request) && request.sandbox_config().has_metadata()) {
      pod_ = ToPodRef(request.sandbox_config().metadata());
      image_ = request.image().image();
      context_.driver.Post(policy::PullStarted{pod_, image_});
    }
    call.Forward();
  }

  void OnEnd(const grpc::Status& status) override {
    if (!image_.empty()) context_.driver.Post(policy::PullEnded{pod_, image_, status.ok()});
  }

 private:
  HandlerContext& context_;
  policy::PodRef pod_;
  std::string image_;
};

}  // namespace

std::unique_ptr<CallHandler> MakePullImageHandler(HandlerContext& context) {
  return std::make_unique<PullImageHandler>(context);
}

}  // namespace sidecar_shim
