#include "shim/cri/methods.h"

#include <functional>
#include <map>

#include "absl/strings/str_cat.h"

namespace sidecar_shim {
namespace {

constexpr MethodTraits kQuery{.unary = true, .only_asks = true};
constexpr MethodTraits kChange{.unary = true};
constexpr MethodTraits kEndless{.endless = true};

struct Entry {
  const char* service;
  const char* method;
  MethodTraits traits;
};

constexpr Entry kEntries[] = {
    {"RuntimeService", "Version", kQuery},
    {"RuntimeService", "RunPodSandbox", kChange},
    {"RuntimeService", "StopPodSandbox", kChange},
    {"RuntimeService", "RemovePodSandbox", kChange},
    {"RuntimeService", "PodSandboxStatus", kQuery},
    {"RuntimeService", "ListPodSandbox", kQuery},
    {"RuntimeService", "CreateContainer", kChange},
    {"RuntimeService", "StartContainer", kChange},
    {"RuntimeService", "StopContainer", kChange},
    {"RuntimeService", "RemoveContainer", kChange},
    {"RuntimeService", "ListContainers", kQuery},
    {"RuntimeService", "ContainerStatus", kQuery},
    {"RuntimeService", "UpdateContainerResources", kChange},
    {"RuntimeService", "ReopenContainerLog", kChange},
    {"RuntimeService", "ExecSync", kChange},
    {"RuntimeService", "Exec", kChange},
    {"RuntimeService", "Attach", kChange},
    {"RuntimeService", "PortForward", kChange},
    {"RuntimeService", "ContainerStats", kQuery},
    {"RuntimeService", "ListContainerStats", kQuery},
    {"RuntimeService", "PodSandboxStats", kQuery},
    {"RuntimeService", "ListPodSandboxStats", kQuery},
    {"RuntimeService", "UpdateRuntimeConfig", kChange},
    {"RuntimeService", "Status", kQuery},
    {"RuntimeService", "CheckpointContainer", kChange},
    {"RuntimeService", "ListMetricDescriptors", kQuery},
    {"RuntimeService", "ListPodSandboxMetrics", kQuery},
    {"RuntimeService", "RuntimeConfig", kQuery},
    {"RuntimeService", "UpdatePodSandboxResources", kChange},
    {"RuntimeService", "GetContainerEvents", kEndless},
    {"ImageService", "ListImages", kQuery},
    {"ImageService", "ImageStatus", kQuery},
    {"ImageService", "PullImage", kChange},
    {"ImageService", "RemoveImage", kChange},
    {"ImageService", "ImageFsInfo", kQuery},
};

using Table = std::map<std::string, MethodTraits, std::less<>>;

Table MakeTable() {
  Table table;
  for (const Entry& entry : kEntries) {
    for (const char* version : {"v1", "v1alpha2"}) {
      table[absl::StrCat("/runtime.", version, ".", entry.service, "/", entry.method)] = entry.traits;
    }
  }
  return table;
}

}  // namespace

std::string RuntimeMethod(absl::string_view name) {
  return absl::StrCat("/runtime.v1.RuntimeService/", name);
}

MethodTraits TraitsOf(std::string_view path) {
  static const auto* const table = new Table(MakeTable());
  const auto entry = table->find(path);
  return entry == table->end() ? MethodTraits() : entry->second;
}

}  // namespace sidecar_shim
