// A Pod or Job manifest (YAML or JSON) as written by people, turned into the
// Pod of proto/kube.proto. Used by `sidecar-shim run` and by the spec source
// for static pods.
#ifndef SIDECAR_SHIM_SHIM_KUBE_MANIFEST_H_
#define SIDECAR_SHIM_SHIM_KUBE_MANIFEST_H_

#include <cstddef>
#include <string>

#include "absl/status/statusor.h"
#include "absl/strings/string_view.h"
#include "kube.pb.h"
#include "shim/formats/yaml.h"

namespace sidecar_shim {

// What an API server would take.
inline constexpr size_t kLargestManifest = 3 * 1024 * 1024;

struct Manifest {
  std::string kind;  // "Pod" or "Job"
  // As written, without any of the API server's defaults. Of a Job: its pod
  // template, with the Job's namespace and, as it has none of its own, an
  // empty name.
  k8s::io::api::core::v1::Pod pod;
  // The same pod as JSON, for the parts that kube.proto does not hold (hooks,
  // ports, env sources, kinds of volumes).
  std::string pod_json;
  // Of a Job only.
  std::string job_name;
  std::string job_uid;  // usually empty: a manifest has none
};

// `text` must hold exactly one document (the first one counts where it is not
// read strictly) of kind Pod (v1) or Job (batch/v1)
// with a name (metadata.name or metadata.generateName) and at least one
// container, all of them with unique names. Fields that kube.proto does not
// know are ignored. Errors are kInvalidArgument, name the line or the field,
// and say what to write instead.
absl::StatusOr<Manifest> ParseManifest(absl::string_view text, YamlReading reading = YamlReading::kStrict);

}  // namespace sidecar_shim

#endif  // SIDECAR_SHIM_SHIM_KUBE_MANIFEST_H_
