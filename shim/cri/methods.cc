#include "shim/cri/methods.h"

#include <unordered_set>

#include "absl/strings/str_cat.h"

namespace sidecar_shim {
namespace {

constexpr const char* kRuntimeUnary[] = {
    "Version",
    "RunPodSandbox",
    "StopPodSandbox",
    "RemovePodSandbox",
    "PodSandboxStatus",
    "ListPodSandbox",
    "CreateContainer",
    "StartContainer",
    "StopContainer",
    "RemoveContainer",
    "ListContainers",
    "ContainerStatus",
    "UpdateContainerResources",
    "ReopenContainerLog",
    "ExecSync",
    "Exec",
    "Attach",
    "PortForward",
    "ContainerStats",
    "ListContainerStats",
    "PodSandboxStats",
    "ListPodSandboxStats",
    "UpdateRuntimeConfig",
    "Status",
    "CheckpointContainer",
    "ListMetricDescriptors",
    "ListPodSandboxMetrics",
    "RuntimeConfig",
    "UpdatePodSandboxResources",
};

constexpr const char* kImageUnary[] = {"ListImages", "ImageStatus", "PullImage", "RemoveImage",
                                       "ImageFsInfo"};

constexpr const char* kVersions[] = {"v1", "v1alpha2"};

std::unordered_set<std::string> MakeUnaryPaths() {
  std::unordered_set<std::string> paths;
  for (const char* version : kVersions) {
    for (const char* name : kRuntimeUnary)
      paths.insert(absl::StrCat("/runtime.", version, ".RuntimeService/", name));
    for (const char* name : kImageUnary)
      paths.insert(absl::StrCat("/runtime.", version, ".ImageService/", name));
  }
  return paths;
}

}  // namespace

std::string RuntimeMethod(absl::string_view name) {
  return absl::StrCat("/runtime.v1.RuntimeService/", name);
}

bool IsUnary(const std::string& path) {
  static const auto* const paths = new std::unordered_set<std::string>(MakeUnaryPaths());
  return paths->contains(path);
}

bool IsEndless(const std::string& path) {
  return path == "/runtime.v1.RuntimeService/GetContainerEvents" ||
         path == "/runtime.v1alpha2.RuntimeService/GetContainerEvents";
}

}  // namespace sidecar_shim
