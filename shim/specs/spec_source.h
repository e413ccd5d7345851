// Where a pod's spec comes from, one interface for all. A source that is
// missing, slow or wrong costs nothing but its knowledge.
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

// What is known of a pod when its spec is asked for.
struct PodQuery {
  policy::PodRef pod;
  policy::Annotations annotations;
};

class SpecSource {
 public:
  // A spec without containers, which no pod has, tells nothing of the pod.
  // Not OK: kNotFound = has no such pod, or is not there at all; kDataLoss = an
  // answer of which no sense can be made; every other code = no answer, the
  // question is still open, of which kFailedPrecondition = because it is not
  // ready yet, as it should be in time.
  using Answer = std::function<void(const absl::StatusOr<PodUpdate>&)>;
  using UpdateCallback = std::function<void(const policy::PodRef&, const PodUpdate&)>;

  virtual ~SpecSource() = default;
  virtual std::string name() const = 0;
  // Answers on the loop thread, exactly once, now or later (or never, if the
  // source goes away first).
  virtual void Find(const PodQuery& query, Answer answer) = 0;
  // Where a source that watches tells what it hears of its own accord. Set
  // once, before the first question.
  // NOLINTNEXTLINE(performance-unnecessary-value-param): those that watch keep it
  virtual void Follow(UpdateCallback /*on_update*/) {}
};

// What a failed call to a source comes to, in the codes of SpecSource::Answer.
absl::Status ToSourceStatus(const grpc::Status& status);

}  // namespace sidecar_shim

#endif  // SIDECAR_SHIM_SHIM_SPECS_SPEC_SOURCE_H_
