#include "shim/run/pod_offer.h"

#include <nlohmann/json.hpp>
#include <utility>

#include "absl/status/statusor.h"
#include "policy/settings.h"
#include "shim/kube/pod_update.h"

namespace sidecar_shim::run {

std::unique_ptr<PodsApiServer> OfferPod(const std::string& socket_path, PodModel& model,
                                        std::ostream& warnings) {
  absl::StatusOr<std::unique_ptr<PodsApiServer>> server = PodsApiServer::Start(socket_path);
  if (server.ok()) {
    (*server)->SetPod(model.pod);
    return *std::move(server);
  }
  auto& annotations = *model.pod.mutable_metadata()->mutable_annotations();
  annotations.insert({std::string(policy::kContainersAnnotation), ContainersAnnotation(model.pod)});
  warnings << "warning: the pod is not offered over kubelet's PodsAPI (" << server.status().message()
           << "); the shim reads its spec from the annotation " << policy::kContainersAnnotation << "\n";
  if (absl::IsAlreadyExists(server.status())) {
    warnings
        << "hint: that may be another `sidecar-shim run`, which does no harm. A kubelet would end pods that\n"
           "      it does not know: let it run this one (as a static pod, say), or run against a runtime of\n"
           "      your own. --no-pods-api silences this.\n";
  }
  return nullptr;
}

std::string ContainersAnnotation(const core::Pod& pod) {
  // ParseManifest refuses a pod without containers, the one error of FromCorePod.
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
