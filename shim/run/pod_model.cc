#include "shim/run/pod_model.h"

#include <algorithm>
#include <nlohmann/json.hpp>
#include <utility>
#include <variant>

#include "absl/status/status.h"
#include "absl/strings/match.h"
#include "absl/strings/str_cat.h"
#include "policy/priority.h"
#include "shim/formats/json_member.h"

namespace sidecar_shim::run {
namespace {

using Json = nlohmann::json;

absl::Status Invalid(absl::string_view what) { return absl::InvalidArgumentError(what); }

absl::StatusOr<LifecycleHook> ReadHook(PodModel& model, const ContainerModel& container, const Json& handler,
                                       const std::string& path) {
  if (!handler.is_object()) return NoHook{};
  absl::StatusOr<LifecycleHook> hook = ParseLifecycleHook(handler.dump(), container.ports_json);
  if (!hook.ok()) return Invalid(absl::StrCat(path, ": ", hook.status().message()));
  if (std::holds_alternative<HttpHook>(*hook)) *hook = UnsupportedHook{"httpGet"};
  if (const auto* unsupported = std::get_if<UnsupportedHook>(&*hook)) {
    model.warnings.push_back(
        absl::StrCat(container.spec.name(), ": a ", unsupported->kind, " hook is not supported by run"));
  }
  return hook;
}

absl::Status ReadHooks(PodModel& model, const Json& json, const std::string& path,
                       ContainerModel& container) {
  const Json& ports = Member(json, "ports");
  if (ports.is_array() && !ports.empty()) container.ports_json = ports.dump();
  const Json& post_start = Member(Member(json, "lifecycle"), "postStart");
  const Json& pre_stop = Member(Member(json, "lifecycle"), "preStop");
  absl::StatusOr<LifecycleHook> hook = ReadHook(model, container, post_start, path + ".lifecycle.postStart");
  if (!hook.ok()) return hook.status();
  container.post_start = *std::move(hook);
  hook = ReadHook(model, container, pre_stop, path + ".lifecycle.preStop");
  if (!hook.ok()) return hook.status();
  container.pre_stop = *std::move(hook);
  if (pre_stop.is_object() && !pre_stop.empty()) container.pre_stop_json = pre_stop.dump();
  return absl::OkStatus();
}

absl::StatusOr<EnvEntry> ReadEnv(const Json& json, const core::Pod& pod, const std::string& path) {
  EnvEntry env{StringMember(json, "name"), StringMember(json, "value"), ""};
  const Json& from = Member(json, "valueFrom");
  if (!from.is_object() || from.empty()) return env;
  const Json& field = Member(from, "fieldRef");
  if (!field.is_object()) {
    return Invalid(absl::StrCat(path, " (", env.name, "): valueFrom.", from.begin().key(),
                                " is not supported by run: give a literal value"));
  }
  env.field_path = StringMember(field, "fieldPath");
  absl::StatusOr<std::string> value = FieldValue(pod, env.field_path);
  if (!value.ok()) return Invalid(absl::StrCat(path, " (", env.name, "): ", value.status().message()));
  return env;
}

absl::Status CheckMounts(const core::Pod& pod, const core::Container& container, const std::string& path) {
  for (const core::VolumeMount& mount : container.volumemounts()) {
    bool known = std::any_of(pod.spec().volumes().begin(), pod.spec().volumes().end(),
                             [&](const core::Volume& volume) { return volume.name() == mount.name(); });
    if (!known) return Invalid(absl::StrCat(path, ".volumeMounts: there is no volume called ", mount.name()));
    if (mount.mountpath().empty())
      return Invalid(absl::StrCat(path, ".volumeMounts: ", mount.name(), " has no mountPath"));
    if (absl::StrContains(mount.subpath(), ".."))
      return Invalid(absl::StrCat(path, ".volumeMounts: subPath contains .."));
  }
  return absl::OkStatus();
}

absl::Status CheckVolumes(const core::Pod& pod, const Json& volumes) {
  for (const core::Volume& volume : pod.spec().volumes()) {
    if (volume.volumesource().has_emptydir() || volume.volumesource().has_hostpath()) continue;
    std::string kind = "without a source";
    for (const Json& json : volumes) {
      if (StringMember(json, "name") != volume.name()) continue;
      for (const auto& item : json.items()) {
        if (item.key() != "name") kind = absl::StrCat("of kind ", item.key());
      }
    }
    return Invalid(absl::StrCat("volume ", volume.name(), " ", kind,
                                " is not supported by run: use emptyDir or hostPath"));
  }
  return absl::OkStatus();
}

ContainerKind KindOf(const core::Container& container, bool init) {
  if (!init) return ContainerKind::kRegular;
  return container.restartpolicy() == "Always" ? ContainerKind::kNativeSidecar : ContainerKind::kInit;
}

absl::StatusOr<ContainerModel> ReadContainer(PodModel& model, core::Container& spec, const Json& json,
                                             bool init, const std::string& path) {
  if (spec.image().empty()) return Invalid(absl::StrCat(path, ".image is missing"));
  if (!Member(json, "envFrom").empty()) {
    return Invalid(absl::StrCat(path, ".envFrom is not supported by run: write the values into env"));
  }
  if (absl::Status status = CheckMounts(model.pod, spec, path); !status.ok()) return status;
  if (spec.has_readinessprobe() || spec.has_startupprobe() || Member(json, "livenessProbe").is_object()) {
    model.warnings.push_back(
        absl::StrCat(spec.name(), ": probes are not run; it counts as ready once it runs"));
    spec.clear_readinessprobe();
    spec.clear_startupprobe();
  }
  if (!spec.restartpolicyrules().empty()) {
    model.warnings.push_back(absl::StrCat(spec.name(), ": restartPolicyRules are not followed"));
  }
  ContainerModel container;
  container.spec = spec;
  container.kind = KindOf(spec, init);
  int index = 0;
  for (const Json& entry : Member(json, "env")) {
    absl::StatusOr<EnvEntry> env = ReadEnv(entry, model.pod, absl::StrCat(path, ".env[", index++, "]"));
    if (!env.ok()) return env.status();
    container.env.push_back(*std::move(env));
  }
  if (absl::Status status = ReadHooks(model, json, path, container); !status.ok()) return status;
  policy::TraitsReader traits;
  for (const auto& [name, value] : ResolveEnv(model.pod, container.env)) traits.Env(name, value);
  container.traits = traits.Finish();
  container.priority = container.traits.priority.value;
  return container;
}

absl::Status ReadContainers(PodModel& model, const Json& list, bool init) {
  auto& specs = init ? *model.pod.mutable_spec()->mutable_initcontainers()
                     : *model.pod.mutable_spec()->mutable_containers();
  std::vector<ContainerModel>& models = init ? model.init_containers : model.containers;
  if (specs.size() != static_cast<int>(list.size()))
    return Invalid("a container must be a mapping, not null");
  for (int i = 0; i < specs.size(); ++i) {
    std::string path = absl::StrCat("spec.", init ? "initContainers" : "containers", "[", i, "]");
    absl::StatusOr<ContainerModel> container = ReadContainer(model, specs[i], list.at(i), init, path);
    if (!container.ok()) return container.status();
    models.push_back(*std::move(container));
  }
  return absl::OkStatus();
}

}  // namespace

const ContainerModel* PodModel::Find(absl::string_view container) const {
  for (const std::vector<ContainerModel>* list : {&init_containers, &containers}) {
    for (const ContainerModel& model : *list) {
      if (model.spec.name() == container) return &model;
    }
  }
  return nullptr;
}

absl::StatusOr<PodModel> BuildPodModel(const core::Pod& pod, absl::string_view pod_json) {
  Json json = Json::parse(pod_json, nullptr, /*allow_exceptions=*/false);
  if (json.is_discarded()) return absl::InternalError("the manifest's JSON cannot be read back");
  const Json& spec = Member(json, "spec");
  PodModel model;
  model.pod = pod;
  if (absl::Status status = CheckVolumes(pod, Member(spec, "volumes")); !status.ok()) return status;
  if (absl::Status status = ReadContainers(model, Member(spec, "initContainers"), true); !status.ok())
    return status;
  if (absl::Status status = ReadContainers(model, Member(spec, "containers"), false); !status.ok())
    return status;
  const auto& annotations = pod.metadata().annotations();
  if (policy::IsOrdered(policy::Annotations(annotations.begin(), annotations.end()))) {
    for (size_t i = 0; i < model.containers.size(); ++i)
      model.containers[i].priority = -static_cast<int64_t>(i);
  }
  return model;
}

}  // namespace sidecar_shim::run
