#include "shim/kube/manifest.h"

#include <nlohmann/json.hpp>
#include <set>
#include <vector>

#include "absl/status/status.h"
#include "absl/strings/ascii.h"
#include "absl/strings/match.h"
#include "absl/strings/str_cat.h"
#include "shim/formats/json_member.h"
#include "shim/kube/pod_json.h"

namespace sidecar_shim {
namespace {

using Json = nlohmann::json;
using k8s::io::api::core::v1::Pod;

constexpr int kMaxJsonDepth = 100;

absl::Status BadManifest(absl::string_view what) { return absl::InvalidArgumentError(what); }

// Discarded where `text` is not JSON, has duplicate keys or nests too deeply: the YAML reader then finds the
// same fault and names its line.
Json StrictJson(absl::string_view text) {
  std::vector<std::set<std::string>> keys;
  bool strict = true;
  auto check = [&](int depth, Json::parse_event_t event, Json& parsed) {
    if (depth > kMaxJsonDepth) strict = false;
    if (event == Json::parse_event_t::object_start) keys.emplace_back();
    if (event == Json::parse_event_t::object_end && !keys.empty()) keys.pop_back();
    if (event == Json::parse_event_t::key && !keys.back().insert(parsed.get<std::string>()).second)
      strict = false;
    return strict;
  };
  Json json = Json::parse(text, check, /*allow_exceptions=*/false);
  return strict ? json : Json(Json::value_t::discarded);
}

absl::StatusOr<Json> OnlyDocument(absl::string_view text, YamlReading reading) {
  // JSON first: the YAML reader takes most JSON too, but not surrogate pairs.
  if (absl::StartsWith(absl::StripLeadingAsciiWhitespace(text), "{")) {
    Json json = StrictJson(text);
    if (!json.is_discarded()) return json;
  }
  absl::StatusOr<std::vector<std::string>> documents = YamlToJson(text, reading);
  if (!documents.ok()) return documents.status();
  std::erase(*documents, "null");
  if (documents->empty()) return BadManifest("the manifest is empty: give a Pod or a Job");
  if (documents->size() > 1) {
    return BadManifest(
        absl::StrCat("the manifest holds ", documents->size(), " documents: give one Pod or one Job"));
  }
  return Json::parse(documents->front());
}

// Numbers and booleans without quotes are what users write most often where a string is meant, so these
// errors say what to write. PodFromJson finds every other wrong type.
absl::Status CheckString(const Json& json, const std::string& path) {
  if (json.is_string() || json.is_null()) return absl::OkStatus();
  if (json.is_primitive()) {
    return BadManifest(absl::StrCat(path, " must be a string: write it in quotes, \"", json.dump(), "\""));
  }
  return BadManifest(absl::StrCat(path, " must be a string"));
}

absl::Status CheckStringsIn(const Json& parent, const char* key, const std::string& path) {
  for (const auto& [name, value] : Member(parent, key).items()) {
    bool in_list = Member(parent, key).is_array();
    std::string where =
        in_list ? absl::StrCat(path, ".", key, "[", name, "]") : absl::StrCat(path, ".", key, ".", name);
    if (absl::Status status = CheckString(value, where); !status.ok()) return status;
  }
  return absl::OkStatus();
}

absl::Status CheckContainer(const Json& container, const std::string& path, std::set<std::string>& names) {
  std::string name = StringMember(container, "name");
  if (name.empty()) return BadManifest(absl::StrCat(path, ".name is missing"));
  if (!names.insert(name).second)
    return BadManifest(absl::StrCat(path, ".name: there is another container called ", name));
  for (const char* key : {"command", "args"}) {
    if (absl::Status status = CheckStringsIn(container, key, path); !status.ok()) return status;
  }
  for (const auto& [index, env] : Member(container, "env").items()) {
    std::string where = absl::StrCat(path, ".env[", index, "].value (", StringMember(env, "name"), ")");
    if (absl::Status status = CheckString(Member(env, "value"), where); !status.ok()) return status;
  }
  return absl::OkStatus();
}

absl::Status CheckPod(const Json& pod, absl::string_view prefix) {
  std::string metadata = absl::StrCat(prefix, "metadata");
  for (const char* key : {"labels", "annotations"}) {
    if (absl::Status status = CheckStringsIn(Member(pod, "metadata"), key, metadata); !status.ok())
      return status;
  }
  std::set<std::string> names;
  for (const char* list : {"initContainers", "containers"}) {
    for (const auto& [index, container] : Member(Member(pod, "spec"), list).items()) {
      std::string path = absl::StrCat(prefix, "spec.", list, "[", index, "]");
      if (absl::Status status = CheckContainer(container, path, names); !status.ok()) return status;
    }
  }
  return absl::OkStatus();
}

absl::Status ReadPod(const Json& pod_json, absl::string_view prefix, Pod& pod) {
  if (absl::Status status = CheckPod(pod_json, prefix); !status.ok()) return status;
  absl::StatusOr<Pod> parsed = PodFromJson(pod_json);
  if (!parsed.ok()) return BadManifest(absl::StrCat(prefix, std::string(parsed.status().message())));
  pod = *std::move(parsed);
  if (pod.spec().containers().empty())
    return BadManifest(absl::StrCat(prefix, "spec.containers is missing or empty"));
  return absl::OkStatus();
}

// Names the part of a Deployment, CronJob and the like that can be given instead.
absl::Status WrongKind(const Json& json, absl::string_view kind) {
  if (kind == "List" || absl::EndsWith(kind, "List")) {
    return BadManifest("a List is not supported: give one Pod or one Job");
  }
  if (Member(Member(json, "spec"), "jobTemplate").is_object()) {
    return BadManifest(absl::StrCat("kind ", kind, " is not supported: give its spec.jobTemplate as a Job"));
  }
  if (Member(Member(json, "spec"), "template").is_object()) {
    return BadManifest(absl::StrCat("kind ", kind, " is not supported: give its spec.template as a Pod"));
  }
  if (kind.empty()) return BadManifest("kind is missing: write \"kind: Pod\" or \"kind: Job\"");
  return BadManifest(absl::StrCat("kind ", kind, " is not supported: give a Pod or a Job"));
}

absl::Status CheckApiVersion(const Json& json, absl::string_view kind, absl::string_view wanted) {
  std::string found = StringMember(json, "apiVersion");
  if (found == wanted) return absl::OkStatus();
  return BadManifest(
      absl::StrCat("apiVersion of a ", kind, " must be ", wanted, found.empty() ? "" : ", not ", found));
}

bool HasName(const Json& json) {
  const Json& metadata = Member(json, "metadata");
  return !StringMember(metadata, "name").empty() || !StringMember(metadata, "generateName").empty();
}

absl::Status ReadJob(const Json& json, Manifest& manifest) {
  const Json& metadata = Member(json, "metadata");
  const Json& job_template = Member(Member(json, "spec"), "template");
  if (!job_template.is_object()) return BadManifest("spec.template of the Job is missing");
  Json pod = job_template;
  pod["apiVersion"] = "v1";
  pod["kind"] = "Pod";
  if (!pod["metadata"].is_object()) pod["metadata"] = Json::object();
  pod["metadata"].erase("name");
  pod["metadata"].erase("generateName");
  pod["metadata"].erase("namespace");
  if (std::string name_space = StringMember(metadata, "namespace"); !name_space.empty()) {
    pod["metadata"]["namespace"] = name_space;
  }
  manifest.job_name = StringMember(metadata, "name");
  if (manifest.job_name.empty())
    manifest.job_name = absl::StrCat(StringMember(metadata, "generateName"), "1");
  manifest.job_uid = StringMember(metadata, "uid");
  if (absl::Status status = ReadPod(pod, "spec.template.", manifest.pod); !status.ok()) return status;
  const std::string& policy = manifest.pod.spec().restartpolicy();
  if (policy != "Never" && policy != "OnFailure") {
    return BadManifest("spec.template.spec.restartPolicy of a Job must be Never or OnFailure");
  }
  manifest.pod_json = pod.dump();
  return absl::OkStatus();
}

}  // namespace

absl::StatusOr<Manifest> ParseManifest(absl::string_view text, YamlReading reading) {
  absl::StatusOr<Json> json = OnlyDocument(text, reading);
  if (!json.ok()) return json.status();
  if (!json->is_object())
    return BadManifest("a manifest must be a mapping with apiVersion, kind, metadata and spec");
  Manifest manifest;
  manifest.kind = StringMember(*json, "kind");
  if (manifest.kind != "Pod" && manifest.kind != "Job") return WrongKind(*json, manifest.kind);
  bool is_job = manifest.kind == "Job";
  if (absl::Status status = CheckApiVersion(*json, manifest.kind, is_job ? "batch/v1" : "v1"); !status.ok()) {
    return status;
  }
  if (!HasName(*json)) return BadManifest("metadata.name is missing");
  if (is_job) {
    if (absl::Status status = ReadJob(*json, manifest); !status.ok()) return status;
    return manifest;
  }
  if (absl::Status status = ReadPod(*json, "", manifest.pod); !status.ok()) return status;
  manifest.pod_json = json->dump();
  return manifest;
}

}  // namespace sidecar_shim
