#include "shim/config.h"

#include <google/protobuf/util/json_util.h>

#include <fstream>
#include <iterator>

#include "absl/strings/str_cat.h"
#include "shim/log.h"
#include "shim/unix_socket.h"
#include "shim/yaml.h"

namespace sidecar_shim {
namespace {

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

// An endpoint in the form that the rest of the shim expects.
absl::Status ReadEndpoint(const std::string& key, const std::string& text, std::string& out) {
  const absl::StatusOr<std::string> path = UnixPath(text);
  if (!path.ok())
    return absl::InvalidArgumentError(absl::StrCat(key, ": ", std::string(path.status().message())));
  out = absl::StrCat("unix://", *path);
  return absl::OkStatus();
}

absl::Status Check(const config::Config& merged, DaemonConfig& out) {
  const absl::StatusOr<std::string> listen = UnixPath(merged.listen());
  if (!listen.ok())
    return absl::InvalidArgumentError(absl::StrCat("listen: ", std::string(listen.status().message())));
  out.listen = *listen;
  absl::Status status = ReadEndpoint("runtime", merged.runtime(), out.runtime);
  if (!status.ok()) return status;
  out.image_service = out.runtime;
  if (!merged.image_service().empty()) {
    status = ReadEndpoint("image-service", merged.image_service(), out.image_service);
    if (!status.ok()) return status;
  }
  if (out.runtime == absl::StrCat("unix://", out.listen)) {
    return absl::InvalidArgumentError("runtime and listen are the same socket; the shim would call itself");
  }
  out.kubelet_root_dir = merged.kubelet_root_dir();
  out.static_pod_path = merged.static_pod_path();
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
    status = ReadDuration("failed-main-settle", merged.failed_main_settle(), out.policy.failed_main_settle);
  }
  if (status.ok())
    status = ReadDuration("main-list-settle", merged.main_list_settle(), out.policy.main_list_settle);
  if (status.ok()) status = ReadDuration("shutdown-grace", merged.shutdown_grace(), out.shutdown_grace);
  return status;
}

}  // namespace

config::Config DefaultConfig() {
  config::Config config;
  config.set_listen("unix:///run/sidecar-shim/cri.sock");
  config.set_runtime("unix:///run/containerd/containerd.sock");
  config.set_image_service("");
  config.set_kubelet_root_dir("/var/lib/kubelet");
  config.set_static_pod_path("/etc/kubernetes/manifests");
  config.set_log_level("info");
  config.set_log_format("text");
  config.set_launch_ahead(true);
  config.set_launch_gate("ready");
  config.set_launch_timeout("5m");
  config.set_mask_exit_code("always");
  config.set_drain_delay("0");
  config.set_failed_main_settle("30s");
  config.set_main_list_settle("3s");
  config.set_shutdown_grace("5s");
  return config;
}

absl::StatusOr<config::Config> ParseConfigFile(const std::string& path) {
  std::ifstream stream(path);
  if (!stream) return absl::NotFoundError(absl::StrCat("cannot read the configuration file ", path));
  const std::string text((std::istreambuf_iterator<char>(stream)), std::istreambuf_iterator<char>());
  const absl::StatusOr<std::vector<std::string>> documents = YamlToJson(text);
  if (!documents.ok()) {
    return absl::InvalidArgumentError(absl::StrCat(path, ": ", std::string(documents.status().message())));
  }
  config::Config config;
  if (documents->empty() || documents->front() == "null") return config;
  if (documents->size() > 1)
    return absl::InvalidArgumentError(absl::StrCat(path, ": more than one YAML document"));
  const google::protobuf::util::Status status =
      google::protobuf::util::JsonStringToMessage(documents->front(), &config);
  if (!status.ok()) {
    return absl::InvalidArgumentError(
        absl::StrCat(path, ": ", std::string(status.message()),
                     " (the keys are the names of the flags of `sidecar-shim serve`)"));
  }
  return config;
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
