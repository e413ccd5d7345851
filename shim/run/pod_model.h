// The pod as the loop works on it: what kube.proto holds, plus the parts of
// the manifest that only kubelet itself needs, checked for what `run` can do.
#ifndef SIDECAR_SHIM_SHIM_RUN_POD_MODEL_H_
#define SIDECAR_SHIM_SHIM_RUN_POD_MODEL_H_

#include <cstdint>
#include <string>
#include <vector>

#include "absl/status/statusor.h"
#include "absl/strings/string_view.h"
#include "policy/traits.h"
#include "shim/run/cri.h"

namespace sidecar_shim::run {

// One env as written: a literal (with $(VAR) still in it) or a fieldRef.
struct EnvEntry {
  std::string name;
  std::string value;
  std::string field_path;  // "metadata.name"; empty for a literal
};

struct Hook {
  enum class Kind { kNone, kExec, kSleep, kUnsupported };
  Kind kind = Kind::kNone;
  std::vector<std::string> command;  // kExec
  int64_t seconds = 0;               // kSleep
  std::string json;                  // as given, for the annotation
  std::string handler;               // "exec", "httpGet", ...
};

enum class ContainerKind { kInit, kNativeSidecar, kRegular };

struct ContainerModel {
  core::Container spec;
  ContainerKind kind = ContainerKind::kRegular;
  std::vector<EnvEntry> env;
  Hook post_start;
  Hook pre_stop;
  std::string ports_json;  // empty where the container has no ports
  policy::Traits traits;   // of the resolved env
  // What orders it: the env, or 0, -1, ... of an Ordered pod.
  int64_t priority = 0;
};

struct PodModel {
  core::Pod pod;
  std::vector<ContainerModel> init_containers;
  std::vector<ContainerModel> containers;
  std::vector<std::string> warnings;  // what is not modelled of this pod

  const std::string& name() const { return pod.metadata().name(); }
  const std::string& name_space() const { return pod.metadata().namespace_(); }
  const std::string& uid() const { return pod.metadata().uid(); }
  const ContainerModel* Find(absl::string_view container) const;
};

// `pod` after admission, `pod_json` as in Manifest. kInvalidArgument, naming
// the field, for what `run` does not support: env from ConfigMaps and Secrets,
// volumes other than emptyDir and hostPath, unknown volume mounts, missing
// images. Probes are left out of the model, and of its pod, with a warning:
// nobody would run them, and the shim would wait for a readiness that never
// comes.
absl::StatusOr<PodModel> BuildPodModel(const core::Pod& pod, absl::string_view pod_json);

// The value of metadata.name, .namespace, .uid, .labels['x'],
// .annotations['x'], spec.nodeName or spec.serviceAccountName.
absl::StatusOr<std::string> FieldValue(const core::Pod& pod, absl::string_view path);

// Name and value as kubelet hands them to the runtime: resolved, unique (the
// last duplicate wins), here in spec order.
std::vector<std::pair<std::string, std::string>> ResolveEnv(const core::Pod& pod,
                                                            const ContainerModel& container);

}  // namespace sidecar_shim::run

#endif  // SIDECAR_SHIM_SHIM_RUN_POD_MODEL_H_
