// The pod that `run` runs: what kube.proto holds, plus the parts of the manifest that only kubelet needs,
// checked for what `run` supports.
#ifndef SIDECAR_SHIM_SHIM_RUN_POD_MODEL_H_
#define SIDECAR_SHIM_SHIM_RUN_POD_MODEL_H_

#include <cstdint>
#include <string>
#include <vector>

#include "absl/status/statusor.h"
#include "absl/strings/string_view.h"
#include "policy/traits.h"
#include "shim/kube/lifecycle_hook.h"
#include "shim/run/cri.h"
#include "shim/run/pod_env.h"

namespace sidecar_shim::run {

enum class ContainerKind { kInit, kNativeSidecar, kRegular };

struct ContainerModel {
  core::Container spec;
  ContainerKind kind = ContainerKind::kRegular;
  std::vector<EnvEntry> env;
  // Of the kinds that `run` supports; any other, httpGet included, is an UnsupportedHook.
  LifecycleHook post_start;
  LifecycleHook pre_stop;
  std::string pre_stop_json;  // as written, for the annotation; empty where there is no hook
  std::string ports_json;     // as written, for the annotation; empty where there are no ports
  policy::Traits traits;      // read from the resolved envs
  // The launch priority: from the env, or 0, -1, ... of an Ordered pod.
  int64_t priority = 0;
};

struct PodModel {
  core::Pod pod;
  std::vector<ContainerModel> init_containers;
  std::vector<ContainerModel> containers;
  std::vector<std::string> warnings;  // what `run` ignores of this pod

  const std::string& name() const { return pod.metadata().name(); }
  const std::string& name_space() const { return pod.metadata().namespace_(); }
  const std::string& uid() const { return pod.metadata().uid(); }
  // Null where there is no container of that name.
  const ContainerModel* Find(absl::string_view container) const;
};

// `pod` is the result of Admit(), `pod_json` that of ParseManifest(). kInvalidArgument, naming the field, for
// what `run` does not support: env from ConfigMaps and Secrets, volumes other than emptyDir and hostPath,
// mounts of unknown volumes, containers without an image, malformed hooks. Probes are dropped from the model
// and from its pod, with a warning: `run` has no prober, and the shim would wait for containers to become
// ready.
absl::StatusOr<PodModel> BuildPodModel(const core::Pod& pod, absl::string_view pod_json);

}  // namespace sidecar_shim::run

#endif  // SIDECAR_SHIM_SHIM_RUN_POD_MODEL_H_
