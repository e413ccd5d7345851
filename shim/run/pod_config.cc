#include "shim/run/pod_config.h"

#include <algorithm>
#include <map>

#include "absl/strings/str_cat.h"
#include "absl/strings/str_format.h"
#include "absl/strings/string_view.h"
#include "shim/kube/expand.h"
#include "shim/kube/kubelet_labels.h"

namespace sidecar_shim::run {
namespace {

// What kubelet gives to containers that request nothing (BestEffort).
constexpr int64_t kMinShares = 2;
constexpr int64_t kBestEffortOomScoreAdj = 1000;

void FillNamespaces(const core::PodSpec& spec, cri::NamespaceOption& options) {
  options.set_network(spec.hostnetwork() ? cri::NODE : cri::POD);
  options.set_ipc(spec.hostipc() ? cri::NODE : cri::POD);
  options.set_pid(spec.hostpid() ? cri::NODE : spec.shareprocessnamespace() ? cri::POD : cri::CONTAINER);
}

std::string PodHostname(const PodModel& model) {
  const core::PodSpec& spec = model.pod.spec();
  if (spec.hostnetwork()) return "";  // the runtime then takes the node's name
  std::string name = spec.hostname().empty() ? model.name() : spec.hostname();
  name.resize(std::min<size_t>(name.size(), 63));
  while (!name.empty() && (name.back() == '-' || name.back() == '.')) name.pop_back();
  return name;
}

void FillLabels(const PodModel& model, google::protobuf::Map<std::string, std::string>& labels) {
  labels[kPodNameLabel] = model.name();
  labels[kPodNamespaceLabel] = model.name_space();
  labels[kPodUidLabel] = model.uid();
}

void FillAnnotations(const PodModel& model, const ContainerModel& container, uint32_t attempt,
                     google::protobuf::Map<std::string, std::string>& annotations) {
  const core::Container& spec = container.spec;
  annotations[kContainerHashAnnotation] = ContainerHash(spec);
  annotations[kRestartCountAnnotation] = absl::StrCat(attempt);
  annotations[kMessagePathAnnotation] = spec.terminationmessagepath();
  annotations[kMessagePolicyAnnotation] = spec.terminationmessagepolicy();
  annotations[kPodGraceAnnotation] = absl::StrCat(model.pod.spec().terminationgraceperiodseconds());
  if (!container.pre_stop_json.empty()) annotations[kPreStopHandlerAnnotation] = container.pre_stop_json;
  if (!container.ports_json.empty()) annotations[kContainerPortsAnnotation] = container.ports_json;
}

void FillMounts(const PodModel& model, const core::Container& spec, const PodDirs& dirs,
                cri::ContainerConfig& config) {
  for (const core::VolumeMount& mount : spec.volumemounts()) {
    for (const core::Volume& volume : model.pod.spec().volumes()) {
      if (volume.name() != mount.name()) continue;
      std::string host_path = VolumeHostPath(dirs, volume);
      if (!mount.subpath().empty()) absl::StrAppend(&host_path, "/", mount.subpath());
      cri::Mount& added = *config.add_mounts();
      added.set_container_path(mount.mountpath());
      added.set_host_path(host_path);
      added.set_readonly(mount.readonly());
    }
  }
  cri::Mount& message = *config.add_mounts();
  message.set_container_path(spec.terminationmessagepath());
  message.set_host_path(TerminationLogPath(dirs, spec.name()));
}

void FillSecurity(const PodModel& model, const core::Container& spec,
                  cri::LinuxContainerConfig& linux_config) {
  linux_config.mutable_resources()->set_cpu_shares(kMinShares);
  linux_config.mutable_resources()->set_oom_score_adj(kBestEffortOomScoreAdj);
  cri::LinuxContainerSecurityContext& security = *linux_config.mutable_security_context();
  FillNamespaces(model.pod.spec(), *security.mutable_namespace_options());
  const core::SecurityContext& context = spec.securitycontext();
  security.set_privileged(context.privileged());
  security.set_readonly_rootfs(context.readonlyrootfilesystem());
  if (context.has_runasuser()) security.mutable_run_as_user()->set_value(context.runasuser());
  if (context.has_runasgroup()) security.mutable_run_as_group()->set_value(context.runasgroup());
}

}  // namespace

std::string ContainerHash(const core::Container& container) {
  uint32_t hash = 2166136261;  // FNV-1a
  for (unsigned char c : absl::StrCat(container.name(), "\n", container.image()))
    hash = (hash ^ c) * 16777619;
  return absl::StrFormat("%x", hash);
}

cri::ImageSpec ImageSpec(const PodModel& model, const std::string& image) {
  cri::ImageSpec spec;
  spec.set_image(image);
  for (const auto& [key, value] : model.pod.metadata().annotations())
    (*spec.mutable_annotations())[key] = value;
  return spec;
}

cri::PodSandboxConfig SandboxConfig(const PodModel& model, const PodDirs& dirs, uint32_t attempt) {
  cri::PodSandboxConfig config;
  cri::PodSandboxMetadata& metadata = *config.mutable_metadata();
  metadata.set_name(model.name());
  metadata.set_namespace_(model.name_space());
  metadata.set_uid(model.uid());
  metadata.set_attempt(attempt);
  config.set_hostname(PodHostname(model));
  config.set_log_directory(dirs.log_dir);
  *config.mutable_labels() = model.pod.metadata().labels();
  FillLabels(model, *config.mutable_labels());
  *config.mutable_annotations() = model.pod.metadata().annotations();
  cri::LinuxSandboxSecurityContext& security = *config.mutable_linux()->mutable_security_context();
  FillNamespaces(model.pod.spec(), *security.mutable_namespace_options());
  // kubelet makes the sandbox privileged where one of its containers is.
  for (const std::vector<ContainerModel>* list : {&model.init_containers, &model.containers}) {
    for (const ContainerModel& container : *list) {
      if (container.spec.securitycontext().privileged()) security.set_privileged(true);
    }
  }
  return config;
}

cri::ContainerConfig ContainerConfig(const PodModel& model, const ContainerModel& container,
                                     const PodDirs& dirs, const std::string& image_ref, uint32_t attempt) {
  const core::Container& spec = container.spec;
  cri::ContainerConfig config;
  config.mutable_metadata()->set_name(spec.name());
  config.mutable_metadata()->set_attempt(attempt);
  *config.mutable_image() = ImageSpec(model, image_ref);
  config.mutable_image()->set_user_specified_image(spec.image());
  std::map<std::string, std::string> values;
  for (auto& [name, value] : ResolveEnv(model.pod, container.env)) {
    cri::KeyValue& env = *config.add_envs();
    env.set_key(name);
    env.set_value(value);
    values[name] = value;
  }
  for (const std::string& word : spec.command()) config.add_command(Expand(word, values));
  for (const std::string& word : spec.args()) config.add_args(Expand(word, values));
  config.set_working_dir(spec.workingdir());
  FillMounts(model, spec, dirs, config);
  FillLabels(model, *config.mutable_labels());
  (*config.mutable_labels())[kContainerNameLabel] = spec.name();
  FillAnnotations(model, container, attempt, *config.mutable_annotations());
  config.set_log_path(absl::StrCat(spec.name(), "/", attempt, ".log"));
  FillSecurity(model, spec, *config.mutable_linux());
  return config;
}

}  // namespace sidecar_shim::run
