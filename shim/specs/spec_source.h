// The interface of a spec source, which can be queried for a pod's spec,
// such as kubelet's PodsAPI or the API server. A source that is missing, slow or
// wrong must never block or crash the shim; the resolver then uses the others.
// Loop thread only.
#ifndef SIDECAR_SHIM_SHIM_SPECS_SPEC_SOURCE_H_
#define SIDECAR_SHIM_SHIM_SPECS_SPEC_SOURCE_H_

#include <grpcpp/grpcpp.h>

#include <functional>
#include <string>

#include "absl/status/status.h"
#include "absl/status/statusor.h"
#include "policy/types.h"
#include "shim/kube/pod_update.h"

namespace sidecar_shim {

// What is known of a pod when its spec is queried.
struct PodQuery {
  policy::PodRef pod;
  policy::Annotations annotations;
};

class SpecSource {
 public:
  // The result of a query. An OK answer whose spec has no containers, which is
  // impossible in Kubernetes, is ignored. Errors:
  //   kNotFound            the source does not know the pod, or is not present on
  //                        this node; the query is answered
  //   kDataLoss            the response is malformed; the query is answered
  //   kFailedPrecondition  the source is still starting; the query is unanswered
  //   any other            the source is unavailable; the query is unanswered
  // The resolver retries unanswered queries.
  using Answer = std::function<void(const absl::StatusOr<PodUpdate>&)>;
  using UpdateCallback = std::function<void(const policy::PodRef&, const PodUpdate&)>;

  virtual ~SpecSource() = default;
  virtual std::string name() const = 0;
  // Queries the spec of one pod. Calls `answer` exactly once, before Find()
  // returns or later, but not after the source is destroyed.
  virtual void Find(const PodQuery& query, Answer answer) = 0;
  // Starts the watch of a source that has one; `on_update` receives each pod that
  // is added or modified. Called once, before the first query.
  // NOLINTNEXTLINE(performance-unnecessary-value-param): sources with a watch store it
  virtual void Follow(UpdateCallback /*on_update*/) {}
};

// Converts the status of a failed gRPC call to a code of SpecSource::Answer.
absl::Status ToSourceStatus(const grpc::Status& status);

}  // namespace sidecar_shim

#endif  // SIDECAR_SHIM_SHIM_SPECS_SPEC_SOURCE_H_
