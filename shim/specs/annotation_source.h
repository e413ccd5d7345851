// The spec source "annotation": reads the pod annotation
// `sidecar-shim.io/containers`, for pods that no other source knows.
//
//   {"restartPolicy": "Never",
//    "containers": [{"name": "main"},
//                   {"name": "collector", "priority": 100, "sidecar": true, "postStart": false}]}
//
// It lists all regular containers in spec order; only the names are required.
// Envs in a container's CreateContainer request take precedence over the fields
// here. `"postStart": false` declares that the container has no postStart hook,
// so that the shim may launch it before kubelet does. Loop thread only.
#ifndef SIDECAR_SHIM_SHIM_SPECS_ANNOTATION_SOURCE_H_
#define SIDECAR_SHIM_SHIM_SPECS_ANNOTATION_SOURCE_H_

#include <cstddef>
#include <map>
#include <string>

#include "absl/status/statusor.h"
#include "shim/base/counters.h"
#include "shim/specs/source_names.h"
#include "shim/specs/spec_source.h"

namespace sidecar_shim {

// Parses the annotation's value. kInvalidArgument names the field that is wrong.
absl::StatusOr<policy::PodSpec> ParseContainersAnnotation(const std::string& text);

class AnnotationSource : public SpecSource {
 public:
  explicit AnnotationSource(Counters& counters) : counters_(counters) {}
  std::string name() const override { return kAnnotation; }
  // A malformed annotation is logged, counted and answered with kNotFound.
  void Find(const PodQuery& query, Answer answer) override;

 private:
  // Logs and counts a malformed annotation once for each value, however often the
  // pod is queried.
  void ReportMalformed(const policy::PodRef& pod, const std::string& text, const absl::Status& why);

  Counters& counters_;
  std::map<policy::PodRef, size_t> reported_;  // hash of the value that was reported last
};

}  // namespace sidecar_shim

#endif  // SIDECAR_SHIM_SHIM_SPECS_ANNOTATION_SOURCE_H_
