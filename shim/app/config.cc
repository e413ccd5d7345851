#include "shim/app/config.h"

#include <filesystem>
#include <nlohmann/json.hpp>
#include <system_error>

#include "absl/strings/match.h"
#include "absl/strings/str_cat.h"
#include "shim/base/log.h"
#include "shim/base/read_file.h"
#include "shim/base/unix_socket.h"
#include "shim/formats/yaml.h"
#include "shim/specs/source_names.h"

namespace sidecar_shim {
namespace {

using Json = nlohmann::ordered_json;

constexpr size_t kLargestFile = 1024 * 1024;

absl::Status Invalid(const std::string& key, const std::string& value, const std::string& expected) {
  return absl::InvalidArgumentError(absl::StrCat(key, ": \"", value, "\" is not ", expected));
}

absl::Status ReadDuration(const std::string& key, const std::string& text, policy::Duration& out) {
  const std::optional<policy::Duration> parsed = policy::ParseDuration(text);
  if (!parsed) return Invalid(key, text, "a duration; write for example \"30s\", \"5m\" or \"0\"");
  out = *parsed;
  return absl::OkStatus();
}

absl::Status ReadMask(const std::string& text, policy::MaskMode& out) {
  if (text == "always") {
    out = policy::MaskMode::kAlways;
  } else if (text == "on-request") {
    out = policy::MaskMode::kOnRequest;
  } else if (text == "never") {
    out = policy::MaskMode::kNever;
  } else {
    return Invalid("mask-exit-code", text, "one of always, on-request, never");
  }
  return absl::OkStatus();
}

absl::Status ReadSocket(const std::string& key, const std::string& text, std::string& out) {
  const absl::StatusOr<std::string> path = UnixPath(text);
  absl::Status status = path.ok() ? UnixAddress(*path).status() : path.status();
  if (!status.ok()) return absl::InvalidArgumentError(absl::StrCat(key, ": ", std::string(status.message())));
  out = *path;
  return absl::OkStatus();
}

absl::Status ReadDirectory(const std::string& key, const std::string& text, std::string& out) {
  if (text.empty() || text.front() != '/') return Invalid(key, text, "an absolute path");
  out = text;
  return absl::OkStatus();
}

// One socket may be spelled in many ways: /run/a.sock, /run//x/../a.sock and,
// where /var/run is a link, /var/run/a.sock.
std::filesystem::path Plain(const std::string& path) {
  std::error_code error;
  std::filesystem::path plain = std::filesystem::weakly_canonical(path, error);
  if (error) plain = std::filesystem::path(path).lexically_normal();
  // A slash at the end leaves an empty last part.
  return plain.has_filename() ? plain : plain.parent_path();
}

absl::Status CheckSockets(const config::Config& merged, DaemonConfig& out) {
  absl::Status status = ReadSocket("listen", merged.listen(), out.listen);
  if (!status.ok()) return status;
  const struct {
    const char* key;
    const std::string& value;
    std::string& out;
  } backends[] = {
      {"runtime", merged.runtime(), out.runtime},
      {"image-service", merged.image_service().empty() ? merged.runtime() : merged.image_service(),
       out.image_service},
  };
  for (const auto& backend : backends) {
    std::string path;
    status = ReadSocket(backend.key, backend.value, path);
    if (!status.ok()) return status;
    if (Plain(path) == Plain(out.listen)) {
      return absl::InvalidArgumentError(
          absl::StrCat(backend.key, " and listen are the same socket; the shim would call itself"));
    }
    backend.out = absl::StrCat("unix://", path);
  }
  return absl::OkStatus();
}

// Where specs come from.
absl::Status CheckSources(const config::Config& merged, DaemonConfig& out) {
  absl::StatusOr<std::vector<std::string>> sources = ParseSources(merged.sources());
  if (!sources.ok()) return sources.status();
  out.sources = *std::move(sources);
  const struct {
    const char* key;
    const std::string& path;
    std::string& into;
  } files[] = {
      {"kubeconfig", merged.kubeconfig(), out.kubeconfig},
      {"kubelet-token-file", merged.kubelet_token_file(), out.kubelet_token_file},
      {"kubelet-cert-file", merged.kubelet_cert_file(), out.kubelet_cert_file},
      {"kubelet-key-file", merged.kubelet_key_file(), out.kubelet_key_file},
      {"kubelet-ca-file", merged.kubelet_ca_file(), out.kubelet_ca_file},
  };
  for (const auto& file : files) {
    if (!file.path.empty() && file.path.front() != '/')
      return Invalid(file.key, file.path, "an absolute path");
    file.into = file.path;
  }
  out.node_name = merged.node_name();
  if (out.node_name.find_first_not_of("abcdefghijklmnopqrstuvwxyz0123456789.-") != std::string::npos) {
    return Invalid("node-name", out.node_name, "a node's name (lower case, digits, \".\" and \"-\")");
  }
  out.kubelet_pods_url = merged.kubelet_pods_url();
  if (!out.kubelet_pods_url.empty() && !absl::StartsWith(out.kubelet_pods_url, "http://") &&
      !absl::StartsWith(out.kubelet_pods_url, "https://")) {
    return Invalid("kubelet-pods-url", out.kubelet_pods_url, "an http or https URL");
  }
  const bool credentials = !out.kubelet_token_file.empty() || !out.kubelet_cert_file.empty();
  if (credentials && !absl::StartsWith(out.kubelet_pods_url, "https://")) {
    return absl::InvalidArgumentError(
        "kubelet-token-file and kubelet-cert-file need a kubelet-pods-url with https, for example "
        "https://127.0.0.1:10250/pods");
  }
  if (out.kubelet_cert_file.empty() != out.kubelet_key_file.empty()) {
    return absl::InvalidArgumentError("kubelet-cert-file and kubelet-key-file belong together");
  }
  return absl::OkStatus();
}

absl::Status Check(const config::Config& merged, DaemonConfig& out) {
  absl::Status status = CheckSockets(merged, out);
  if (status.ok())
    status = ReadDirectory("kubelet-root-dir", merged.kubelet_root_dir(), out.kubelet_root_dir);
  if (status.ok() && !merged.static_pod_path().empty()) {
    status = ReadDirectory("static-pod-path", merged.static_pod_path(), out.static_pod_path);
  }
  if (!status.ok()) return status;
  out.log_level = merged.log_level();
  if (!IsLogLevel(out.log_level))
    return Invalid("log-level", out.log_level, "one of debug, info, warn, error");
  out.log_format = merged.log_format();
  if (out.log_format != "text" && out.log_format != "json") {
    return Invalid("log-format", out.log_format, "one of text, json");
  }
  out.policy.launch_ahead = merged.launch_ahead();
  const std::optional<policy::LaunchGate> gate = policy::ParseLaunchGate(merged.launch_gate());
  if (!gate) return Invalid("launch-gate", merged.launch_gate(), "one of ready, running");
  out.policy.launch_gate = *gate;
  status = ReadMask(merged.mask_exit_code(), out.policy.mask);
  if (status.ok())
    status = ReadDuration("launch-timeout", merged.launch_timeout(), out.policy.launch_timeout);
  if (status.ok()) status = ReadDuration("drain-delay", merged.drain_delay(), out.policy.drain_delay);
  if (status.ok()) {
    status =
        ReadDuration("restart-grace-period", merged.restart_grace_period(), out.policy.restart_grace_period);
  }
  if (status.ok()) status = ReadDuration("quiet-period", merged.quiet_period(), out.policy.quiet_period);
  if (status.ok()) status = ReadDuration("shutdown-grace", merged.shutdown_grace(), out.shutdown_grace);
  if (status.ok()) status = CheckSources(merged, out);
  return status;
}

// By the name that it has in the file; null if there is none.
const google::protobuf::FieldDescriptor* FindField(const std::string& key) {
  const google::protobuf::Descriptor& schema = *config::Config::descriptor();
  for (int i = 0; i < schema.field_count(); ++i) {
    if (schema.field(i)->json_name() == key) return schema.field(i);
  }
  return nullptr;
}

absl::Status SetField(const std::string& key, const Json& value, config::Config& config) {
  const google::protobuf::FieldDescriptor* field = FindField(key);
  if (field == nullptr) {
    return absl::InvalidArgumentError(absl::StrCat(
        "unknown key \"", key, "\" (the keys are the names of the flags of `sidecar-shim serve`)"));
  }
  if (value.is_null()) return absl::OkStatus();  // a key without a value leaves the default
  const google::protobuf::Reflection& reflection = *config::Config::GetReflection();
  if (field->type() == google::protobuf::FieldDescriptor::TYPE_BOOL) {
    if (!value.is_boolean()) {
      return absl::InvalidArgumentError(absl::StrCat(key, ": expected true or false, found ", value.dump()));
    }
    reflection.SetBool(&config, field, value.get<bool>());
    return absl::OkStatus();
  }
  // A bare 0 is a duration too. What other numbers are worth is checked with the texts.
  if (!value.is_string() && !value.is_number()) {
    return absl::InvalidArgumentError(absl::StrCat(key, ": expected a text, found ", value.dump()));
  }
  reflection.SetString(&config, field, value.is_string() ? value.get<std::string>() : value.dump());
  return absl::OkStatus();
}

absl::StatusOr<config::Config> ParseConfig(const std::string& text) {
  const absl::StatusOr<std::vector<std::string>> documents = YamlToJson(text);
  if (!documents.ok()) return documents.status();
  if (documents->size() > 1) return absl::InvalidArgumentError("more than one YAML document");
  config::Config config;
  if (documents->empty() || documents->front() == "null") return config;
  const Json document = Json::parse(documents->front(), nullptr, /*allow_exceptions=*/false);
  if (!document.is_object()) return absl::InvalidArgumentError("expected a mapping of keys to values");
  for (const auto& [key, value] : document.items()) {
    absl::Status status = SetField(key, value, config);
    if (!status.ok()) return status;
  }
  return config;
}

}  // namespace

config::Config DefaultConfig() {
  config::Config config;
  config.set_listen("unix:///run/sidecar-shim/cri.sock");
  config.set_runtime("unix:///run/containerd/containerd.sock");
  config.set_image_service("");
  config.set_kubelet_root_dir("/var/lib/kubelet");
  config.set_static_pod_path("");
  config.set_log_level("info");
  config.set_log_format("text");
  config.set_launch_ahead(true);
  config.set_launch_gate("ready");
  config.set_launch_timeout("5m");
  config.set_mask_exit_code("always");
  config.set_drain_delay("0");
  config.set_restart_grace_period("30s");
  config.set_quiet_period("3s");
  config.set_shutdown_grace("5s");
  config.set_sources("auto");
  config.set_kubelet_pods_url(kKubeletReadOnlyUrl);
  return config;
}

absl::StatusOr<config::Config> ParseConfigFile(const std::string& path) {
  const absl::StatusOr<std::string> text = ReadFile(path, kLargestFile);
  if (!text.ok()) {
    return absl::Status(text.status().code(),
                        absl::StrCat("configuration file: ", std::string(text.status().message())));
  }
  absl::StatusOr<config::Config> config = ParseConfig(*text);
  if (config.ok()) return config;
  return absl::InvalidArgumentError(absl::StrCat(path, ": ", std::string(config.status().message())));
}

absl::StatusOr<DaemonConfig> MakeDaemonConfig(const config::Config& file, const config::Config& flags) {
  config::Config merged = DefaultConfig();
  merged.MergeFrom(file);
  merged.MergeFrom(flags);
  DaemonConfig config;
  absl::Status status = Check(merged, config);
  if (!status.ok()) return status;
  return config;
}

}  // namespace sidecar_shim
