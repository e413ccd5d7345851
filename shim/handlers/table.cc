#include "absl/strings/str_cat.h"
#include "shim/handlers/context.h"

namespace sidecar_shim {
namespace {

using Maker = std::unique_ptr<CallHandler> (*)(HandlerContext&);

struct Entry {
  const char* service;
  const char* method;
  Maker make;
};

constexpr Entry kEntries[] = {
    {"RuntimeService", "RunPodSandbox", &MakeRunPodSandboxHandler},
    {"RuntimeService", "StopPodSandbox", &MakeStopPodSandboxHandler},
    {"RuntimeService", "RemovePodSandbox", &MakeRemovePodSandboxHandler},
    {"RuntimeService", "CreateContainer", &MakeCreateContainerHandler},
    {"RuntimeService", "StartContainer", &MakeStartContainerHandler},
    {"RuntimeService", "StopContainer", &MakeStopContainerHandler},
    {"RuntimeService", "RemoveContainer", &MakeRemoveContainerHandler},
    {"RuntimeService", "ExecSync", &MakeExecSyncHandler},
    {"RuntimeService", "ListContainers", &MakeListContainersHandler},
    {"RuntimeService", "ContainerStatus", &MakeContainerStatusHandler},
    {"RuntimeService", "PodSandboxStatus", &MakePodSandboxStatusHandler},
    {"RuntimeService", "GetContainerEvents", &MakeContainerEventsHandler},
    {"ImageService", "PullImage", &MakePullImageHandler},
};

}  // namespace

HandlerTable MakeHandlers(HandlerContext& context) {
  HandlerTable table;
  for (const Entry& entry : kEntries) {
    // The messages of v1alpha2 have the same encoding as those of v1.
    for (const char* version : {"v1", "v1alpha2"}) {
      table[absl::StrCat("/runtime.", version, ".", entry.service, "/", entry.method)] =
          [&context, make = entry.make] { return make(context); };
    }
  }
  return table;
}

}  // namespace sidecar_shim
