#include "shim/kube/pod_json.h"

#include <google/protobuf/util/json_util.h>

#include <nlohmann/json.hpp>
#include <string>
#include <utility>

namespace sidecar_shim {
namespace {

using Json = nlohmann::json;

// The member of an object, or null.
Json* Find(Json& object, const char* key) {
  if (!object.is_object()) return nullptr;
  auto it = object.find(key);
  return it == object.end() ? nullptr : &*it;
}

// The API inlines a volume's source beside its name.
void LiftVolumeSource(Json& volume) {
  if (!volume.is_object()) return;
  Json source = volume;
  source.erase("name");
  volume = Json{{"name", volume.value("name", Json())}, {"volumeSource", std::move(source)}};
}

void LiftPort(Json& probe, const char* action) {
  Json* handler = Find(probe, action);
  Json* port = handler == nullptr ? nullptr : Find(*handler, "port");
  if (port == nullptr) return;
  if (port->is_number_integer()) *port = Json{{"type", 0}, {"intVal", *port}};
  if (port->is_string()) *port = Json{{"type", 1}, {"strVal", *port}};
}

// The API inlines a probe's handler beside its numbers.
void LiftProbe(Json& container, const char* key) {
  Json* probe = Find(container, key);
  if (probe == nullptr || !probe->is_object()) return;
  LiftPort(*probe, "httpGet");
  LiftPort(*probe, "tcpSocket");
  Json handler = Json::object();
  for (const char* action : {"exec", "httpGet", "tcpSocket", "grpc"}) {
    if (Json* found = Find(*probe, action)) handler[action] = *found;
  }
  (*probe)["handler"] = std::move(handler);
}

template <typename Lift>
void ForEach(Json* list, Lift lift) {
  if (list == nullptr || !list->is_array()) return;
  for (Json& item : *list) lift(item);
}

}  // namespace

absl::StatusOr<k8s::io::api::core::v1::Pod> PodFromJson(nlohmann::json pod) {
  if (Json* spec = Find(pod, "spec")) {
    ForEach(Find(*spec, "volumes"), LiftVolumeSource);
    for (const char* list : {"initContainers", "containers"}) {
      ForEach(Find(*spec, list), [](Json& container) {
        LiftProbe(container, "readinessProbe");
        LiftProbe(container, "startupProbe");
      });
    }
  }
  k8s::io::api::core::v1::Pod message;
  google::protobuf::util::JsonParseOptions options;
  options.ignore_unknown_fields = true;
  const auto parsed = google::protobuf::util::JsonStringToMessage(pod.dump(), &message, options);
  if (!parsed.ok()) return absl::InvalidArgumentError(parsed.message().ToString());
  return message;
}

}  // namespace sidecar_shim
