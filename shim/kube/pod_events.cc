#include "shim/kube/pod_events.h"

#include <nlohmann/json.hpp>
#include <utility>

#include "absl/strings/str_cat.h"
#include "shim/formats/json_member.h"
#include "shim/http/http_status.h"
#include "shim/kube/pod_json.h"

namespace sidecar_shim {
namespace {

using Json = nlohmann::json;
namespace core = k8s::io::api::core::v1;

constexpr size_t kMaxLineLength = 16 << 20;
constexpr size_t kMaxStatusMessageLength = 300;
// kubelet's annotations (pkg/kubelet/types/pod_update.go).
constexpr const char* kConfigMirror = "kubernetes.io/config.mirror";
constexpr const char* kConfigHash = "kubernetes.io/config.hash";

Json Parse(const std::string& text) { return Json::parse(text, nullptr, /*allow_exceptions=*/false); }

bool IsMirror(const core::ObjectMeta& metadata) { return metadata.annotations().contains(kConfigMirror); }

std::string SandboxUid(const core::ObjectMeta& metadata) {
  auto hash = metadata.annotations().find(kConfigHash);
  return IsMirror(metadata) && hash != metadata.annotations().end() ? hash->second : metadata.uid();
}

absl::StatusOr<KnownPod> FromJson(Json json, const std::string& source) {
  const absl::StatusOr<core::Pod> pod = PodFromJson(std::move(json));
  if (!pod.ok()) return pod.status();
  const core::ObjectMeta& metadata = pod->metadata();
  if (metadata.name().empty()) return absl::InvalidArgumentError("a pod has no name");
  absl::StatusOr<PodUpdate> update = FromCorePod(*pod, source);
  if (!update.ok()) return update.status();
  // Deleting a mirror pod does not delete its static pod: kubelet recreates it.
  update->terminating &= !IsMirror(metadata);
  return KnownPod{{metadata.namespace_(), metadata.name(), SandboxUid(metadata)}, *std::move(update)};
}

PodEvent ErrorEvent(std::string message) {
  PodEvent event;
  event.error = std::move(message);
  return event;
}

}  // namespace

absl::StatusOr<KnownPod> ParsePod(const std::string& text, const std::string& source) {
  Json json = Parse(text);
  if (!json.is_object()) return absl::InvalidArgumentError("not a pod");
  return FromJson(std::move(json), source);
}

absl::StatusOr<PodListing> ParsePodList(const std::string& text, const std::string& source) {
  Json json = Parse(text);
  if (!json.is_object() || StringMember(json, "kind") != "PodList")
    return absl::InvalidArgumentError("not a PodList");
  PodListing listing;
  listing.resource_version = StringMember(Member(json, "metadata"), "resourceVersion");
  // kubelet's /pods writes null for an empty list.
  if (auto items = json.find("items"); items != json.end() && items->is_array()) {
    for (Json& item : *items) {
      absl::StatusOr<KnownPod> pod = FromJson(std::move(item), source);
      if (pod.ok()) listing.pods.push_back(*std::move(pod));
    }
  }
  return listing;
}

PodEvent ParsePodEvent(const std::string& line, const std::string& source) {
  Json json = Parse(line);
  const std::string type = StringMember(json, "type");
  const Json& object = Member(json, "object");
  PodEvent event;
  event.resource_version = StringMember(Member(object, "metadata"), "resourceVersion");
  if (type == "BOOKMARK") {
    event.kind = PodEvent::Kind::kBookmark;
    return event;
  }
  if (type == "ERROR") {
    const Json& code = Member(object, "code");
    if (code.is_number_integer() && code.get<int64_t>() == kHttpGone) {
      event.kind = PodEvent::Kind::kExpired;
      return event;
    }
    return ErrorEvent(absl::StrCat("the watch reports an error: ", StringMember(object, "message")));
  }
  if (type != "ADDED" && type != "MODIFIED" && type != "DELETED") return ErrorEvent("not a watch event");
  absl::StatusOr<KnownPod> pod = FromJson(std::move(json["object"]), source);
  if (!pod.ok()) return ErrorEvent(std::string(pod.status().message()));
  event.kind = type == "DELETED" ? PodEvent::Kind::kDeleted : PodEvent::Kind::kUpdated;
  event.pod = *std::move(pod);
  return event;
}

std::string StatusMessage(const std::string& text) {
  return StringMember(Parse(text), "message").substr(0, kMaxStatusMessageLength);
}

bool LineSplitter::Add(absl::string_view piece, const std::function<void(std::string)>& on_line) {
  while (!failed_ && !piece.empty()) {
    const size_t end = piece.find('\n');
    const absl::string_view part = piece.substr(0, end);
    if (rest_.size() + part.size() > kMaxLineLength) {
      failed_ = true;
      break;
    }
    rest_.append(part.data(), part.size());
    if (end == absl::string_view::npos) break;
    piece.remove_prefix(end + 1);
    if (!rest_.empty()) on_line(std::exchange(rest_, std::string()));
  }
  return !failed_;
}

}  // namespace sidecar_shim
