#include "shim/cri/convert.h"

#include <algorithm>

#include "absl/strings/numbers.h"
#include "absl/strings/str_cat.h"

namespace sidecar_shim {
namespace {

constexpr const char* kGraceAnnotation = "io.kubernetes.pod.terminationGracePeriod";
constexpr int64_t kDefaultGraceSeconds = 30;
constexpr int64_t kMaxSeconds = int64_t{10} * 365 * 24 * 3600;
constexpr const char* kJobLabels[] = {"batch.kubernetes.io/job-name", "batch.kubernetes.io/controller-uid",
                                      "job-name", "controller-uid"};

template <typename Sandbox>
policy::SandboxSeen FromSandbox(const std::string& id, const Sandbox& sandbox) {
  policy::SandboxSeen seen;
  seen.pod = ToPodRef(sandbox.metadata());
  seen.sandbox = policy::SandboxId(id);
  seen.annotations = ToAnnotations(sandbox.annotations());
  seen.job_labels = HasJobLabels(sandbox.labels());
  return seen;
}

}  // namespace

policy::PodRef ToPodRef(const runtime::v1::PodSandboxMetadata& metadata) {
  return {metadata.namespace_(), metadata.name(), metadata.uid()};
}

policy::Annotations ToAnnotations(const StringMap& map) { return {map.begin(), map.end()}; }

void AddAnnotations(const policy::Annotations& annotations, runtime::v1::ContainerConfig& config) {
  for (const auto& [key, value] : annotations) (*config.mutable_annotations())[key] = value;
}

bool HasJobLabels(const StringMap& labels) {
  for (const char* label : kJobLabels) {
    if (labels.contains(label)) return true;
  }
  return false;
}

policy::Traits ReadTraits(const runtime::v1::ContainerConfig& config) {
  policy::TraitsReader reader;
  for (const runtime::v1::KeyValue& env : config.envs()) reader.Env(env.key(), env.value());
  return reader.Finish();
}

void ReadStopSettings(const StringMap& container_annotations, policy::ContainerSeen& seen) {
  auto it = container_annotations.find(kGraceAnnotation);
  int64_t seconds = 0;
  const bool valid =
      it != container_annotations.end() && absl::SimpleAtoi(it->second, &seconds) && seconds >= 0;
  seen.grace_seconds = valid ? BoundedSeconds(seconds) : kDefaultGraceSeconds;
  seen.pre_stop = container_annotations.contains(kPreStopAnnotation);
}

int64_t BoundedSeconds(int64_t seconds) { return std::clamp<int64_t>(seconds, 0, kMaxSeconds); }

policy::SandboxSeen ToSandboxSeen(const runtime::v1::PodSandbox& sandbox) {
  policy::SandboxSeen seen = FromSandbox(sandbox.id(), sandbox);
  seen.ready = sandbox.state() == runtime::v1::SANDBOX_READY;
  return seen;
}

policy::SandboxSeen ToSandboxSeen(const std::string& id, const runtime::v1::PodSandboxConfig& config) {
  return FromSandbox(id, config);
}

policy::RuntimeTime ToRuntimeTime(int64_t nanoseconds) {
  return policy::RuntimeTime(policy::Duration(nanoseconds));
}

policy::ContainerExited ToContainerExited(const runtime::v1::ContainerStatus& status) {
  return {policy::ContainerId(status.id()), status.exit_code(), ToRuntimeTime(status.finished_at()),
          /*recorded=*/true};
}

policy::RunState ToRunState(runtime::v1::ContainerState state) {
  switch (state) {
    case runtime::v1::CONTAINER_CREATED:
      return policy::RunState::kCreated;
    case runtime::v1::CONTAINER_RUNNING:
      return policy::RunState::kRunning;
    case runtime::v1::CONTAINER_EXITED:
      return policy::RunState::kExited;
    default:
      return policy::RunState::kUnknown;
  }
}

std::string Describe(const policy::PodRef& pod) { return absl::StrCat(pod.name_space, "/", pod.name); }

}  // namespace sidecar_shim
