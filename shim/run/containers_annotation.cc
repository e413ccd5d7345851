#include "shim/run/containers_annotation.h"

#include <nlohmann/json.hpp>

#include "shim/kube/pod_update.h"

namespace sidecar_shim::run {

std::string PlanAnnotation(const core::Pod& pod) {
  // A manifest without containers never gets here.
  const policy::PodSpec spec = FromCorePod(pod, "").value().spec;
  nlohmann::ordered_json containers = nlohmann::ordered_json::array();
  for (const policy::ContainerSpec& container : spec.containers) {
    nlohmann::ordered_json entry = {{"name", container.name}};
    const policy::Traits& traits = container.traits;
    if (traits.priority.kind == policy::Priority::Kind::kValue) entry["priority"] = traits.priority.value;
    if (traits.sidecar) entry["sidecar"] = true;
    if (traits.ignore_exit_code) entry["ignoreExitCode"] = true;
    if (container.post_start != policy::TriState::kUnknown) {
      entry["postStart"] = container.post_start == policy::TriState::kYes;
    }
    containers.push_back(std::move(entry));
  }
  return nlohmann::ordered_json{
      {"restartPolicy", std::string(policy::RestartPolicyName(spec.restart_policy))},
      {"containers", std::move(containers)}}
      .dump();
}

}  // namespace sidecar_shim::run
