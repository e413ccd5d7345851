#include "shim/app/make_sources.h"

#include <memory>
#include <string>
#include <utility>
#include <vector>

#include "absl/strings/match.h"
#include "absl/strings/str_cat.h"
#include "shim/kube/node_name.h"
#include "shim/specs/annotation_source.h"
#include "shim/specs/api_server_source.h"
#include "shim/specs/kubelet_pods_source.h"
#include "shim/specs/pod_resources_source.h"
#include "shim/specs/pods_api_source.h"
#include "shim/specs/source_names.h"
#include "shim/specs/static_pod_source.h"

namespace sidecar_shim {
namespace {

bool IsLoopback(const std::string& url) {
  return absl::StrContains(url, "://127.") || absl::StrContains(url, "://localhost") ||
         absl::StrContains(url, "://[::1]");
}

KubeletPodsOptions KubeletOptions(const DaemonConfig& config) {
  KubeletPodsOptions options;
  if (!config.kubelet_pods_url.empty()) options.url = config.kubelet_pods_url;
  options.token_file = config.kubelet_token_file;
  options.cert_file = config.kubelet_cert_file;
  options.key_file = config.kubelet_key_file;
  // A kubelet without --tls-cert-file signs a certificate for itself and leaves it there.
  options.ca_file = config.kubelet_ca_file.empty() ? absl::StrCat(config.kubelet_root_dir, "/pki/kubelet.crt")
                                                   : config.kubelet_ca_file;
  if (IsLoopback(options.url)) {
    options.server_name = config.node_name.empty() ? HostName() : config.node_name;
  }
  return options;
}

// Without static-pod-path: the directories of kubeadm, k3s and rke2.
std::vector<std::string> StaticPodPlaces(const DaemonConfig& config) {
  if (!config.static_pod_path.empty()) return {config.static_pod_path};
  return {"/etc/kubernetes/manifests", "/var/lib/rancher/k3s/agent/pod-manifests",
          "/var/lib/rancher/rke2/agent/pod-manifests"};
}

}  // namespace

void AddSources(const DaemonConfig& config, Loop& loop, HttpClient& http, Worker& worker, Counters& counters,
                SpecResolver& specs) {
  for (const std::string& name : config.sources) {
    if (name == kPodsApi) {
      specs.Add(std::make_unique<PodsApiSource>(
          loop, absl::StrCat(config.kubelet_root_dir, "/pods-api/pods-api.sock")));
    } else if (name == kApiServer) {
      specs.Add(std::make_unique<ApiServerSource>(
          loop, http, worker, counters,
          ApiServerOptions{.kubeconfig = config.kubeconfig, .node_name = config.node_name, .timing = {}}));
    } else if (name == kKubeletPods) {
      specs.Add(std::make_unique<KubeletPodsSource>(loop, http, worker, counters, KubeletOptions(config)));
    } else if (name == kStaticPod) {
      specs.Add(std::make_unique<StaticPodSource>(loop, worker, counters, StaticPodPlaces(config),
                                                  config.node_name));
    } else if (name == kAnnotation) {
      specs.Add(std::make_unique<AnnotationSource>(counters));
    } else if (name == kPodResources) {
      specs.Add(std::make_unique<PodResourcesSource>(
          loop, absl::StrCat(config.kubelet_root_dir, "/pod-resources/kubelet.sock")));
    }
  }
}

}  // namespace sidecar_shim
