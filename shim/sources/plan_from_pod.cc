#include "shim/sources/plan_from_pod.h"

#include "absl/strings/match.h"

namespace sidecar_shim {
namespace {

namespace core = k8s::io::api::core::v1;

policy::PlannedContainer FromContainer(const core::Container& container) {
  policy::PlannedContainer planned;
  planned.name = container.name();
  policy::TraitsReader reader;
  for (const core::EnvVar& env : container.env()) {
    // Only kubelet can resolve these two.
    if (env.has_valuefrom() || absl::StrContains(env.value(), "$(")) {
      reader.UnresolvedEnv(env.name());
    } else {
      reader.Env(env.name(), env.value());
    }
  }
  planned.traits = reader.Finish();
  planned.post_start = container.lifecycle().has_poststart() ? policy::Tri::kYes : policy::Tri::kNo;
  if (!container.restartpolicy().empty()) {
    planned.own_restart_policy = policy::ParseRestartPolicy(container.restartpolicy());
  }
  // What exit-code rules make of an exit is kubelet's to say.
  if (container.restartpolicyrules_size() > 0) planned.own_restart_policy = policy::RestartPolicy::kUnknown;
  return planned;
}

}  // namespace

policy::PodPlan PlanFromPod(const core::Pod& pod, const std::string& source) {
  policy::PodPlan plan;
  plan.source = source;
  // The API server and kubelet default to Always.
  plan.restart_policy = pod.spec().restartpolicy().empty()
                            ? policy::RestartPolicy::kAlways
                            : policy::ParseRestartPolicy(pod.spec().restartpolicy());
  for (const core::Container& container : pod.spec().containers()) {
    plan.containers.push_back(FromContainer(container));
  }
  return plan;
}

}  // namespace sidecar_shim
