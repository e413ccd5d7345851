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

  bool WantsRequest() const override { return false; }

  // A list may be large: it is kept only where something has to be left out.
  ResponseWanted Response() override {
    if (!context_.driver.engine().Hidden().empty()) return ResponseWanted::kWhole;
    return context_.reconciler.WantsLists() ? ResponseWanted::kObserve : ResponseWanted::kNothing;
  }

  std::optional<std::string> OnResponse(std::string_view bytes) override {
    runtime::v1::ListContainersResponse response;
    if (!FromBytes(bytes, response)) return std::nullopt;
    if (context_.reconciler.WantsLists()) context_.reconciler.OnList(response);
    const std::set<policy::ContainerId> hidden = context_.driver.engine().Hidden();
    auto* containers = response.mutable_containers();
    auto visible_end = std::remove_if(containers->begin(), containers->end(),
                                      [&hidden](const runtime::v1::Container& container) {
                                        return container.state() == runtime::v1::CONTAINER_CREATED &&
                                               hidden.contains(policy::ContainerId(container.id()));
                                      });
    if (visible_end == containers->end()) return std::nullopt;
    containers->erase(visible_end, containers->end());
    return ToBytes(response);
  }

 private:
  HandlerContext& context_;
};

}  // namespace

std::unique_ptr<CallHandler> MakeListContainersHandler(HandlerContext& context) {
  return std::make_unique<ListContainersHandler>(context);
}

}  // namespace sidecar_shim
