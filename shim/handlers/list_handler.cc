// ListContainers: relayed unchanged, except that containers being launched ahead of kubelet are left out
// between their create and their start: kubelet (ShouldContainerBeRestarted) replaces a container in state
// CREATED.
#include <algorithm>

#include "shim/cri/convert.h"
#include "shim/handlers/context.h"

namespace sidecar_shim {
namespace {

class ListContainersHandler : public CallHandler {
 public:
  explicit ListContainersHandler(HandlerContext& context) : context_(context) {}

  void OnResponse(grpc::ByteBuffer& bytes) override {
    const std::set<policy::ContainerId> hidden = context_.driver.engine().Hidden();
    const bool wanted = context_.reconciler.WantsLists();
    runtime::v1::ListContainersResponse response;
    if ((hidden.empty() && !wanted) || !FromBytes(bytes, response)) return;
    if (wanted) context_.reconciler.OnList(response);
    auto* containers = response.mutable_containers();
    auto visible_end = std::remove_if(containers->begin(), containers->end(),
                                      [&hidden](const runtime::v1::Container& container) {
                                        return container.state() == runtime::v1::CONTAINER_CREATED &&
                                               hidden.contains(policy::ContainerId(container.id()));
                                      });
    if (visible_end == containers->end()) return;
    containers->erase(visible_end, containers->end());
    bytes = ToBytes(response);
  }

 private:
  HandlerContext& context_;
};

}  // namespace

std::unique_ptr<CallHandler> MakeListContainersHandler(HandlerContext& context) {
  return std::make_unique<ListContainersHandler>(context);
}

}  // namespace sidecar_shim
