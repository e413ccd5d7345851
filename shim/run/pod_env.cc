#include "shim/run/pod_env.h"

#include <map>

#include "absl/status/status.h"
#include "absl/strings/str_cat.h"
#include "absl/strings/strip.h"
#include "shim/kube/expand.h"
#include "shim/kube/node_name.h"

namespace sidecar_shim::run {
namespace {

// The text between [' and ']; empty where `path` is not such a subscript.
absl::string_view Subscript(absl::string_view path) {
  if (!absl::ConsumePrefix(&path, "['") || !absl::ConsumeSuffix(&path, "']")) return {};
  return path;
}

}  // namespace

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
  return absl::InvalidArgumentError(absl::StrCat("fieldPath ", path, " is not supported by run"));
}

std::vector<std::pair<std::string, std::string>> ResolveEnv(const core::Pod& pod,
                                                            const std::vector<EnvEntry>& env) {
  std::vector<std::pair<std::string, std::string>> result;
  std::map<std::string, std::string> values;
  for (const EnvEntry& entry : env) {
    std::string value = entry.field_path.empty() ? Expand(entry.value, values)
                                                 : FieldValue(pod, entry.field_path).value_or("");
    values[entry.name] = value;
    std::erase_if(result, [&](const auto& earlier) { return earlier.first == entry.name; });
    result.emplace_back(entry.name, std::move(value));
  }
  return result;
}

}  // namespace sidecar_shim::run
