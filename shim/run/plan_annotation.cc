#include "shim/run/plan_annotation.h"

#include <nlohmann/json.hpp>

#include "shim/sources/pod_news.h"

namespace sidecar_shim::run {

std::string PlanAnnotation(const core::Pod& pod) {
  // A manifest without containers never gets here.
  const policy::PodPlan plan = NewsFromPod(pod, "").value().plan;
  nlohmann::ordered_json containers = nlohmann::ordered_json::array();
  for (const policy::PlannedContainer& container : plan.containers) {
    nlohmann::ordered_json entry = {{"name", container.name}};
    const policy::Traits& traits = container.traits;
    if (traits.priority.kind == policy::Priority::Kind::kValue) entry["priority"] = traits.priority.value;
    if (traits.sidecar) entry["sidecar"] = true;
    if (traits.ignore_exit_code) entry["ignoreExitCode"] = true;
    if (container.post_start != policy::Tri::kUnknown) {
      entry["postStart"] = container.post_start == policy::Tri::kYes;
    }
    containers.push_back(std::move(entry));
  }
  return nlohmann::ordered_json{
      {"restartPolicy", std::string(policy::RestartPolicyName(plan.restart_policy))},
      {"containers", std::move(containers)}}
      .dump();
}

}  // namespace sidecar_shim::run
