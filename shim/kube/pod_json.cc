#include "shim/kube/pod_json.h"

#include <google/protobuf/util/json_util.h>

#include <nlohmann/json.hpp>
#include <string>
#include <utility>

#include "shim/formats/json_member.h"

namespace sidecar_shim {
namespace {

using Json = nlohmann::json;

// JSON has a volume's source beside its name; the protobuf message has it in a field of its own.
void LiftVolumeSource(Json& volume) {
  if (!volume.is_object()) return;
  Json source = volume;
  source.erase("name");
  volume = Json{{"name", volume.value("name", Json())}, {"volumeSource", std::move(source)}};
}

void LiftPort(Json& probe, const char* action) {
  Json* handler = FindMember(probe, action);
  Json* port = handler == nullptr ? nullptr : FindMember(*handler, "port");
  if (port == nullptr) return;
  if (port->is_number_integer()) *port = Json{{"type", 0}, {"intVal", *port}};
  if (port->is_string()) *port = Json{{"type", 1}, {"strVal", *port}};
}

// JSON has a probe's handler beside its numbers; the protobuf message has it in a field of its own.
void LiftProbe(Json& container, const char* key) {
  Json* probe = FindMember(container, key);
  if (probe == nullptr || !probe->is_object()) return;
  LiftPort(*probe, "httpGet");
  LiftPort(*probe, "tcpSocket");
  Json handler = Json::object();
  for (const char* action : {"exec", "httpGet", "tcpSocket", "grpc"}) {
    if (Json* found = FindMember(*probe, action)) handler[action] = *found;
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
  if (Json* spec = FindMember(pod, "spec")) {
    ForEach(FindMember(*spec, "volumes"), LiftVolumeSource);
    for (const char* list : {"initContainers", "containers"}) {
      ForEach(FindMember(*spec, list), [](Json& container) {
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
