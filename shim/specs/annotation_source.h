// The pod annotation `sidecar-shim.io/containers`, for pods that no other source
// knows:
//
//   {"restartPolicy": "Never",
//    "containers": [{"name": "main"},
//                   {"name": "collector", "priority": 100, "sidecar": true, "postStart": false}]}
//
// All regular containers in spec order. Only the names are needed; an env that
// arrives with a container counts before what is written here, which fills in
// what envs leave open. postStart: false allows the shim to launch the
// container ahead of kubelet.
#ifndef SIDECAR_SHIM_SHIM_SPECS_ANNOTATION_SOURCE_H_
#define SIDECAR_SHIM_SHIM_SPECS_ANNOTATION_SOURCE_H_

#include <cstddef>
#include <map>
#include <string>

#include "absl/status/statusor.h"
#include "shim/base/counters.h"
#include "shim/specs/spec_source.h"

namespace sidecar_shim {

absl::StatusOr<policy::PodSpec> ParseContainersAnnotation(const std::string& text);

class AnnotationSource : public SpecSource {
 public:
  explicit AnnotationSource(Counters& counters) : counters_(counters) {}
  std::string name() const override { return "annotation"; }
  // A malformed annotation is logged and counted, and tells nothing.
  void Find(const PodQuery& query, Answer answer) override;

 private:
  // Once for each text, however often the pod's containers come and go.
  void Complain(const policy::PodRef& pod, const std::string& text, const absl::Status& why);

  Counters& counters_;
  std::map<policy::PodRef, size_t> complaints_;  // hashes of the annotations already complained of
};

}  // namespace sidecar_shim

#endif  // SIDECAR_SHIM_SHIM_SPECS_ANNOTATION_SOURCE_H_
