#include "shim/kube/pod_update.h"

#include <algorithm>
#include <map>
#include <optional>

#include "absl/strings/match.h"
#include "shim/kube/expand.h"

namespace sidecar_shim {
namespace {

namespace core = k8s::io::api::core::v1;

policy::Duration Seconds(int32_t seconds, int32_t by_default) {
  return std::chrono::seconds(seconds > 0 ? seconds : by_default);
}

// 0 where the container has no port of that name.
int PortOf(const core::IntOrString& port, const core::Container& container) {
  if (port.type() == 0) return port.intval();
  for (const core::ContainerPort& named : container.ports()) {
    if (named.name() == port.strval()) return named.containerport();
  }
  return 0;
}

std::optional<policy::ProbeSpec> FromProbe(bool present, const core::Probe& probe,
                                           const core::Container& container) {
  if (!present) return std::nullopt;
  policy::ProbeSpec spec;
  const core::ProbeHandler& handler = probe.handler();
  if (handler.has_httpget()) {
    spec.kind = policy::ProbeSpec::Kind::kHttpGet;
    spec.port = PortOf(handler.httpget().port(), container);
    spec.host = handler.httpget().host();
    spec.path = handler.httpget().path();
    spec.https = handler.httpget().scheme() == "HTTPS";
    for (const core::HTTPHeader& header : handler.httpget().httpheaders()) {
      spec.headers.emplace_back(header.name(), header.value());
    }
  } else if (handler.has_tcpsocket()) {
    spec.kind = policy::ProbeSpec::Kind::kTcpSocket;
    spec.port = PortOf(handler.tcpsocket().port(), container);
    spec.host = handler.tcpsocket().host();
  } else if (handler.has_grpc()) {
    spec.kind = policy::ProbeSpec::Kind::kGrpc;
    spec.port = handler.grpc().port();
    spec.service = handler.grpc().service();
  } else {
    std::map<std::string, std::string> values;
    for (const core::EnvVar& env : container.env()) values[env.name()] = env.value();
    // Like kubelet's prober: with the values as the spec has them, references in them not resolved.
    for (const std::string& word : handler.exec().command()) spec.command.push_back(Expand(word, values));
  }
  spec.initial_delay = std::chrono::seconds(std::max(0, probe.initialdelayseconds()));
  spec.timeout = Seconds(probe.timeoutseconds(), 1);
  spec.period = Seconds(probe.periodseconds(), 10);
  spec.success_threshold = std::max(1, probe.successthreshold());
  spec.failure_threshold = probe.failurethreshold() > 0 ? probe.failurethreshold() : 3;
  return spec;
}

std::optional<policy::RestartRule> FromRule(const core::ContainerRestartRule& rule) {
  const std::string& operation = rule.exitcodes().operator_();
  if (rule.action() != "Restart" && rule.action() != "RestartAllContainers") return std::nullopt;
  if (operation != "In" && operation != "NotIn") return std::nullopt;
  return policy::RestartRule{operation == "NotIn",
                             {rule.exitcodes().values().begin(), rule.exitcodes().values().end()}};
}

policy::ContainerSpec FromContainer(const core::Container& container) {
  policy::ContainerSpec spec;
  spec.name = container.name();
  policy::TraitsReader reader;
  for (const core::EnvVar& env : container.env()) {
    // Only kubelet can resolve valueFrom and $(VAR) references.
    if (env.has_valuefrom() || absl::StrContains(env.value(), "$(")) {
      reader.UnresolvedEnv(env.name());
    } else {
      reader.Env(env.name(), env.value());
    }
  }
  spec.traits = reader.Finish();
  spec.post_start = container.lifecycle().has_poststart() ? policy::TriState::kYes : policy::TriState::kNo;
  const auto& hook = container.lifecycle().poststart().exec().command();
  spec.post_start_command.assign(hook.begin(), hook.end());
  spec.startup_probe = FromProbe(container.has_startupprobe(), container.startupprobe(), container);
  spec.readiness_probe = FromProbe(container.has_readinessprobe(), container.readinessprobe(), container);
  // Like kubelet (KEP-5307): an unknown policy is ignored, and rules are followed only beside a policy.
  const policy::RestartPolicy own = policy::ParseRestartPolicy(container.restartpolicy());
  if (own == policy::RestartPolicy::kUnknown) return spec;
  spec.own_restart_policy = own;
  for (const core::ContainerRestartRule& rule : container.restartpolicyrules()) {
    if (std::optional<policy::RestartRule> known = FromRule(rule)) {
      spec.restart_rules.push_back(*std::move(known));
    }
  }
  return spec;
}

}  // namespace

absl::StatusOr<PodUpdate> FromCorePod(const core::Pod& pod, const std::string& source) {
  if (pod.spec().containers().empty()) return absl::NotFoundError("the pod has no containers");
  PodUpdate update;
  policy::PodSpec& spec = update.spec;
  spec.source = source;
  // The default of the API server and of kubelet.
  spec.restart_policy = pod.spec().restartpolicy().empty()
                            ? policy::RestartPolicy::kAlways
                            : policy::ParseRestartPolicy(pod.spec().restartpolicy());
  for (const core::Container& container : pod.spec().containers()) {
    spec.containers.push_back(FromContainer(container));
  }
  update.host_ip = pod.status().hostip();
  update.terminating = pod.metadata().has_deletiongraceperiodseconds();
  for (const core::ContainerStatus& status : pod.status().containerstatuses()) {
    const size_t scheme = status.containerid().find("://");
    if (status.ready() && scheme != std::string::npos) {
      update.ready.emplace_back(status.containerid().substr(scheme + 3));
    }
  }
  return update;
}

}  // namespace sidecar_shim
