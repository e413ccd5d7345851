#include "shim/specs/annotation_source.h"

#include <spdlog/spdlog.h>

#include <functional>
#include <nlohmann/json.hpp>
#include <set>
#include <utility>

#include "absl/strings/str_cat.h"
#include "policy/settings.h"
#include "shim/cri/convert.h"

namespace sidecar_shim {
namespace {

using nlohmann::json;

constexpr size_t kMaxLength = 64 * 1024;
constexpr int kMaxDepth = 3;  // {"containers": [{...}]}
constexpr size_t kMaxReported = 1000;
// An error can quote the value, which the pod's author controls.
constexpr size_t kMaxErrorLength = 300;

absl::Status CheckKeys(const json& object, const std::set<std::string>& allowed, const std::string& where) {
  if (!object.is_object()) return absl::InvalidArgumentError(absl::StrCat(where, " is not an object"));
  for (const auto& [key, value] : object.items()) {
    if (!allowed.contains(key))
      return absl::InvalidArgumentError(absl::StrCat(where, " has no field \"", key, "\""));
  }
  return absl::OkStatus();
}

absl::StatusOr<policy::ContainerSpec> ReadContainer(const json& item, const std::string& where) {
  absl::Status keys = CheckKeys(item, {"name", "priority", "sidecar", "ignoreExitCode", "postStart"}, where);
  if (!keys.ok()) return keys;
  policy::ContainerSpec container;
  container.name = item.value("name", "");
  if (container.name.empty()) return absl::InvalidArgumentError(absl::StrCat(where, " has no name"));
  if (item.contains("priority")) {
    container.traits.priority = policy::ParsePriority(item["priority"].dump());
    if (container.traits.priority.kind != policy::Priority::Kind::kValue) {
      return absl::InvalidArgumentError(
          absl::StrCat(where, ".priority is not an integer between -2147483647 and 2147483647"));
    }
  }
  container.traits.sidecar = item.value("sidecar", false);
  container.traits.ignore_exit_code = container.traits.sidecar && item.value("ignoreExitCode", false);
  if (item.contains("postStart")) {
    container.post_start = item["postStart"].get<bool>() ? policy::TriState::kYes : policy::TriState::kNo;
  }
  return container;
}

absl::StatusOr<policy::PodSpec> ReadSpec(const json& document) {
  absl::Status keys = CheckKeys(document, {"restartPolicy", "containers"}, "the annotation");
  if (!keys.ok()) return keys;
  policy::PodSpec spec;
  spec.source = kAnnotation;
  const std::string restart_policy = document.value("restartPolicy", "");
  spec.restart_policy = policy::ParseRestartPolicy(restart_policy);
  if (!restart_policy.empty() && spec.restart_policy == policy::RestartPolicy::kUnknown) {
    return absl::InvalidArgumentError(
        absl::StrCat("restartPolicy \"", restart_policy, "\" is not Always, OnFailure or Never"));
  }
  const json containers = document.value("containers", json::array());
  if (!containers.is_array() || containers.empty()) {
    return absl::InvalidArgumentError("containers is not a list of all regular containers of the pod");
  }
  std::set<std::string> names;
  for (size_t i = 0; i < containers.size(); ++i) {
    absl::StatusOr<policy::ContainerSpec> container =
        ReadContainer(containers[i], absl::StrCat("containers[", i, "]"));
    if (!container.ok()) return container.status();
    if (!names.insert(container->name).second) {
      return absl::InvalidArgumentError(absl::StrCat("container \"", container->name, "\" is listed twice"));
    }
    spec.containers.push_back(*std::move(container));
  }
  return spec;
}

}  // namespace

absl::StatusOr<policy::PodSpec> ParseContainersAnnotation(const std::string& text) {
  if (text.size() > kMaxLength) {
    return absl::InvalidArgumentError(absl::StrCat("longer than ", kMaxLength, " bytes"));
  }
  // The value is written by the pod's author. Copying deeply nested JSON recurses,
  // so the parser drops it.
  bool too_deep = false;
  const auto limit = [&too_deep](int depth, json::parse_event_t /*event*/, json& /*value*/) {
    too_deep |= depth > kMaxDepth;
    return depth <= kMaxDepth;
  };
  try {
    const json document = json::parse(text, limit);
    if (too_deep) return absl::InvalidArgumentError("nested too deeply");
    return ReadSpec(document);
  } catch (const json::exception& error) {
    return absl::InvalidArgumentError(error.what());
  }
}

void AnnotationSource::Find(const PodQuery& query, Answer answer) {
  auto it = query.annotations.find(std::string(policy::kContainersAnnotation));
  if (it == query.annotations.end()) {
    answer(absl::NotFoundError("the pod has no such annotation"));
    return;
  }
  absl::StatusOr<policy::PodSpec> spec = ParseContainersAnnotation(it->second);
  if (!spec.ok()) {
    ReportMalformed(query.pod, it->second, spec.status());
    answer(absl::NotFoundError("the annotation is malformed"));
    return;
  }
  PodUpdate update;
  update.spec = *std::move(spec);
  answer(update);
}

void AnnotationSource::ReportMalformed(const policy::PodRef& pod, const std::string& text,
                                       const absl::Status& why) {
  if (reported_.size() >= kMaxReported) reported_.clear();
  const size_t hash = std::hash<std::string>()(text);
  auto [known, is_new] = reported_.try_emplace(pod, hash);
  if (!is_new && std::exchange(known->second, hash) == hash) return;
  counters_.malformed_annotations.Add();
  spdlog::warn("pod {}: annotation {} ignored: {}", Describe(pod), std::string(policy::kContainersAnnotation),
               std::string(why.message().substr(0, kMaxErrorLength)));
}

}  // namespace sidecar_shim
