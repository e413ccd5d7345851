#include "shim/specs/pod_resources_source.h"

#include <utility>

#include "absl/strings/str_cat.h"
#include "pod_resources.pb.h"
#include "shim/base/unix_socket.h"

namespace sidecar_shim {
namespace {

constexpr const char* kListMethod = "/v1.PodResourcesLister/List";
constexpr Duration kListTimeout = std::chrono::milliseconds(900);

absl::StatusOr<PodUpdate> FindPod(const v1::ListPodResourcesResponse& response, const policy::PodRef& ref) {
  for (const v1::PodResources& pod : response.pod_resources()) {
    if (pod.name() != ref.name || pod.namespace_() != ref.name_space || pod.containers().empty()) continue;
    PodUpdate update;
    update.spec.source = kPodResources;
    update.spec.names_only = true;
    for (const v1::ContainerResources& container : pod.containers()) {
      policy::ContainerSpec& spec = update.spec.containers.emplace_back();
      spec.name = container.name();
    }
    return update;
  }
  return absl::NotFoundError("kubelet does not list the pod");
}

}  // namespace

PodResourcesSource::PodResourcesSource(Loop& loop, const std::string& socket_path)
    : socket_path_(socket_path),
      upstream_(absl::StrCat("unix://", socket_path), "kubelet"),
      client_(loop, upstream_) {}

void PodResourcesSource::Find(const PodQuery& query, Answer answer) {
  if (!IsListening(socket_path_)) {
    answer(absl::NotFoundError("kubelet does not serve the podresources socket"));
    return;
  }
  queries_.push_back({query.pod, std::move(answer)});
  if (!listing_) List();
}

void PodResourcesSource::List() {
  listing_ = true;
  client_.Call<v1::ListPodResourcesResponse>(
      kListMethod, v1::ListPodResourcesRequest(), kListTimeout,
      [this, queries = std::exchange(queries_, {})](const grpc::Status& status,
                                                    const v1::ListPodResourcesResponse& response) {
        listing_ = false;
        // Queries that arrived in the meantime may be for pods newer than this response.
        if (!queries_.empty()) List();
        for (const PendingQuery& query : queries) {
          query.answer(status.ok() ? FindPod(response, query.pod) : ToSourceStatus(status));
        }
      });
}

}  // namespace sidecar_shim
