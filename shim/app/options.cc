#include "shim/app/options.h"

#include <utility>
#include <vector>

#include "absl/status/statusor.h"
#include "shim/app/option_value.h"
#include "shim/specs/source_names.h"

namespace sidecar_shim {
namespace {

using Kind = OptionKind;

absl::Status ReadSources(const std::string& text, std::vector<std::string>& out) {
  absl::StatusOr<std::vector<std::string>> sources = ParseSources(text);
  if (!sources.ok()) return sources.status();
  out = *std::move(sources);
  return absl::OkStatus();
}

// Option::apply: reads the value by kRead into the member kMember.
template <auto kMember, auto kRead>
absl::Status Into(const std::string& value, DaemonConfig& out) {
  return kRead(value, out.*kMember);
}

template <auto kMember, auto kRead>
absl::Status IntoPolicy(const std::string& value, DaemonConfig& out) {
  return kRead(value, out.policy.*kMember);
}

constexpr Option kOptions[] = {
    {"listen", Kind::kSocket, "unix:///run/sidecar-shim/cri.sock", "Socket that kubelet connects to",
     &Into<&DaemonConfig::listen, &ReadSocket>},
    {"runtime", Kind::kSocket, "unix:///run/containerd/containerd.sock", "Socket of the container runtime",
     &Into<&DaemonConfig::runtime, &ReadEndpoint>},
    {"image-service", Kind::kSocket, "", "Socket of the image service; empty: the runtime's",
     &Into<&DaemonConfig::image_service, &ReadOptionalEndpoint>},
    {"kubelet-root-dir", Kind::kPath, "/var/lib/kubelet",
     "kubelet's --root-dir; its PodsAPI socket is looked for there",
     &Into<&DaemonConfig::kubelet_root_dir, &ReadPath>},
    {"static-pod-path", Kind::kPath, "",
     "kubelet's staticPodPath; empty: where kubeadm, k3s and rke2 have it",
     &Into<&DaemonConfig::static_pod_path, &ReadOptionalPath>},
    {"log-level", Kind::kText, "info", "debug, info, warn or error",
     &Into<&DaemonConfig::log_level, &ReadLogLevel>},
    {"log-format", Kind::kText, "text", "text or json", &Into<&DaemonConfig::log_format, &ReadLogFormat>},
    {"launch-ahead", Kind::kBool, "true",
     "Start held containers as soon as their turn comes, instead of at kubelet's next try: true or false",
     &IntoPolicy<&policy::Options::launch_ahead, &ReadBool>},
    {"launch-gate", Kind::kText, "ready",
     "When a container stops being waited for: ready (its probes pass) or running",
     &IntoPolicy<&policy::Options::launch_gate, &ReadLaunchGate>},
    {"launch-timeout", Kind::kDuration, "5m", "How long a container is held back at most; 0: for ever",
     &IntoPolicy<&policy::Options::launch_timeout, &ReadDuration>},
    {"mask-exit-code", Kind::kText, "always",
     "Report sidecars that ended with their job as exit code 0: always, on-request "
     "(only with KRUISE_TERMINATE_SIDECAR_IGNORE_EXIT_CODE=true) or never",
     &IntoPolicy<&policy::Options::mask, &ReadMaskMode>},
    {"drain-delay", Kind::kDuration, "0",
     "Pause between the end of the main containers and the first stop of a sidecar",
     &IntoPolicy<&policy::Options::drain_delay, &ReadDuration>},
    {"restart-grace-period", Kind::kDuration, "30s",
     "restartPolicy unknown: how long kubelet may take to restart a failed main container the first time",
     &IntoPolicy<&policy::Options::restart_grace_period, &ReadDuration>},
    {"quiet-period", Kind::kDuration, "3s",
     "Container list unknown: how long a pod must have been quiet before its sidecars are stopped",
     &IntoPolicy<&policy::Options::quiet_period, &ReadDuration>},
    {"shutdown-grace", Kind::kDuration, "5s", "On SIGTERM: how long calls in progress may take to end",
     &Into<&DaemonConfig::shutdown_grace, &ReadDuration>},
    {"sources", Kind::kText, "auto",
     "Where the containers of a pod are queried, best first: auto (all), or some of pods-api, api-server, "
     "kubelet-pods, static-pod, annotation, podresources, separated by commas",
     &Into<&DaemonConfig::sources, &ReadSources>},
    {"kubeconfig", Kind::kPath, "",
     "For the API server; empty: kubelet's own, where kubeadm, EKS, k3s and rke2 keep it",
     &Into<&DaemonConfig::kubeconfig, &ReadOptionalPath>},
    {"node-name", Kind::kText, "",
     "This node, where kubelet's certificate does not say it, and for its static pods and its port; "
     "empty: the host's name",
     &Into<&DaemonConfig::node_name, &ReadNodeName>},
    {"kubelet-pods-url", Kind::kUrl, kKubeletReadOnlyUrl, "kubelet's list of pods",
     &Into<&DaemonConfig::kubelet_pods_url, &ReadUrl>},
    {"kubelet-token-file", Kind::kPath, "", "Token for a kubelet-pods-url with https",
     &Into<&DaemonConfig::kubelet_token_file, &ReadOptionalPath>},
    {"kubelet-cert-file", Kind::kPath, "", "Client certificate for a kubelet-pods-url with https",
     &Into<&DaemonConfig::kubelet_cert_file, &ReadOptionalPath>},
    {"kubelet-key-file", Kind::kPath, "", "Its key",
     &Into<&DaemonConfig::kubelet_key_file, &ReadOptionalPath>},
    {"kubelet-ca-file", Kind::kPath, "",
     "Who signed kubelet's serving certificate; empty: pki/kubelet.crt in kubelet's root directory",
     &Into<&DaemonConfig::kubelet_ca_file, &ReadOptionalPath>},
};

const google::protobuf::FieldDescriptor* FieldOf(const Option& option) {
  const google::protobuf::Descriptor& schema = *config::Config::descriptor();
  for (int i = 0; i < schema.field_count(); ++i) {
    if (schema.field(i)->json_name() == option.name) return schema.field(i);
  }
  return nullptr;  // the tests compare table and schema
}

}  // namespace

absl::Span<const Option> AllOptions() { return kOptions; }

const Option* FindOption(absl::string_view name) {
  for (const Option& option : kOptions) {
    if (name == option.name) return &option;
  }
  return nullptr;
}

const char* Placeholder(OptionKind kind) {
  switch (kind) {
    case Kind::kBool:
      return "BOOLEAN";
    case Kind::kDuration:
      return "DURATION";
    case Kind::kPath:
      return "PATH";
    case Kind::kSocket:
      return "SOCKET";
    case Kind::kUrl:
      return "URL";
    case Kind::kText:
      break;
  }
  return "TEXT";
}

std::string GetValue(const config::Config& config, const Option& option) {
  const google::protobuf::Reflection& reflection = *config::Config::GetReflection();
  const google::protobuf::FieldDescriptor* field = FieldOf(option);
  if (option.kind != Kind::kBool) return reflection.GetString(config, field);
  return reflection.GetBool(config, field) ? "true" : "false";
}

void SetValue(config::Config& config, const Option& option, const std::string& value) {
  const google::protobuf::Reflection& reflection = *config::Config::GetReflection();
  const google::protobuf::FieldDescriptor* field = FieldOf(option);
  if (option.kind == Kind::kBool) {
    reflection.SetBool(&config, field, value == "true");
  } else {
    reflection.SetString(&config, field, value);
  }
}

}  // namespace sidecar_shim
