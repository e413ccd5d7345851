#include "shim/run/pod_model.h"

#include <unistd.h>

#include <algorithm>
#include <map>
#include <nlohmann/json.hpp>
#include <set>
#include <utility>

#include "absl/status/status.h"
#include "absl/strings/match.h"
#include "absl/strings/str_cat.h"
#include "absl/strings/strip.h"
#include "policy/priority.h"
#include "shim/kube/expand.h"

namespace sidecar_shim::run {
namespace {

using Json = nlohmann::json;

absl::Status Invalid(absl::string_view what) { return absl::InvalidArgumentError(what); }

// The member, or null.
Json Member(const Json& object, const char* key) {
  auto it = object.is_object() ? object.find(key) : object.end();
  return it == object.end() ? Json(nullptr) : *it;
}

std::string Text(const Json& json) { return json.is_string() ? json.get<std::string>() : std::string(); }

Hook ReadHook(const Json& json) {
  Hook hook;
  if (!json.is_object() || json.empty()) return hook;
  hook.json = json.dump();
  hook.handler = json.begin().key();
  hook.kind = Hook::Kind::kUnsupported;
  const Json exec = Member(json, "exec");
  const Json sleep = Member(json, "sleep");
  if (exec.is_object()) {
    hook.kind = Hook::Kind::kExec;
    hook.handler = "exec";
    for (const Json& word : Member(exec, "command")) hook.command.push_back(Text(word));
  } else if (sleep.is_object()) {
    hook.kind = Hook::Kind::kSleep;
    hook.handler = "sleep";
    const Json seconds = Member(sleep, "seconds");
    hook.seconds = seconds.is_number_integer() ? seconds.get<int64_t>() : 0;
  }
  return hook;
}

absl::StatusOr<EnvEntry> ReadEnv(const Json& json, const core::Pod& pod, const std::string& path) {
  EnvEntry env{Text(Member(json, "name")), Text(Member(json, "value")), ""};
  const Json from = Member(json, "valueFrom");
  if (!from.is_object() || from.empty()) return env;
  const Json field = Member(from, "fieldRef");
  if (!field.is_object()) {
    return Invalid(absl::StrCat(path, " (", env.name, "): valueFrom.", from.begin().key(),
                                " is not supported by run: give a literal value"));
  }
  env.field_path = Text(Member(field, "fieldPath"));
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
      if (Text(Member(json, "name")) != volume.name()) continue;
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
  const Json lifecycle = Member(json, "lifecycle");
  container.post_start = ReadHook(Member(lifecycle, "postStart"));
  container.pre_stop = ReadHook(Member(lifecycle, "preStop"));
  for (const Hook* hook : {&container.post_start, &container.pre_stop}) {
    if (hook->kind != Hook::Kind::kUnsupported) continue;
    model.warnings.push_back(
        absl::StrCat(spec.name(), ": a ", hook->handler, " hook is not supported by run"));
  }
  if (const Json ports = Member(json, "ports"); ports.is_array() && !ports.empty())
    container.ports_json = ports.dump();
  policy::TraitsReader traits;
  for (const auto& [name, value] : ResolveEnv(model.pod, container)) traits.Env(name, value);
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

// The text between [' and '], or nothing.
absl::string_view Subscript(absl::string_view path) {
  if (!absl::ConsumePrefix(&path, "['") || !absl::ConsumeSuffix(&path, "']")) return {};
  return path;
}

std::string HostName() {
  char name[256] = {};
  return gethostname(name, sizeof(name) - 1) == 0 ? std::string(name) : std::string("localhost");
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

absl::StatusOr<std::string> FieldValue(const core::Pod& pod, absl::string_view path) {
  const core::ObjectMeta& metadata = pod.metadata();
  if (path == "metadata.name") return metadata.name();
  if (path == "metadata.namespace") return metadata.namespace_();
  if (path == "metadata.uid") return metadata.uid();
  if (path == "spec.nodeName") return HostName();
  if (path == "spec.serviceAccountName") return std::string("default");
  for (bool label : {true, false}) {
    absl::string_view rest = path;
    if (!absl::ConsumePrefix(&rest, label ? "metadata.labels" : "metadata.annotations")) continue;
    std::string key(Subscript(rest));
    if (key.empty()) break;
    const auto& values = label ? metadata.labels() : metadata.annotations();
    auto it = values.find(key);
    return it == values.end() ? std::string() : it->second;
  }
  return Invalid(absl::StrCat("fieldPath ", path, " is not supported by run"));
}

std::vector<std::pair<std::string, std::string>> ResolveEnv(const core::Pod& pod,
                                                            const ContainerModel& container) {
  std::vector<std::pair<std::string, std::string>> result;
  std::map<std::string, std::string> values;
  for (const EnvEntry& env : container.env) {
    std::string value =
        env.field_path.empty() ? Expand(env.value, values) : FieldValue(pod, env.field_path).value_or("");
    values[env.name] = value;
    std::erase_if(result, [&](const auto& earlier) { return earlier.first == env.name; });
    result.emplace_back(env.name, std::move(value));
  }
  return result;
}

absl::StatusOr<PodModel> BuildPodModel(const core::Pod& pod, absl::string_view pod_json) {
  Json json = Json::parse(pod_json, nullptr, /*allow_exceptions=*/false);
  if (json.is_discarded()) return absl::InternalError("the manifest's JSON cannot be read back");
  const Json spec = Member(json, "spec");
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
