// A Pod or Job manifest (YAML or JSON) as users write it, read into the Pod of proto/kube.proto.
// `sidecar-shim run` and the spec source for static pods use it.
#ifndef SIDECAR_SHIM_SHIM_KUBE_MANIFEST_H_
#define SIDECAR_SHIM_SHIM_KUBE_MANIFEST_H_

#include <cstddef>
#include <string>

#include "absl/status/statusor.h"
#include "absl/strings/string_view.h"
#include "kube.pb.h"
#include "shim/formats/yaml.h"

namespace sidecar_shim {

// In bytes: the API server's limit for a request.
inline constexpr size_t kLargestManifest = 3 * 1024 * 1024;

struct Manifest {
  std::string kind;  // "Pod" or "Job"
  // As written, without the API server's defaults. Of a Job: its pod template, in the Job's namespace and
  // without a name.
  k8s::io::api::core::v1::Pod pod;
  // The same pod as JSON, for what kube.proto does not hold (hooks, ports, env sources, kinds of volumes).
  std::string pod_json;
  // Of a Job only.
  std::string job_name;
  std::string job_uid;  // empty unless the Job was exported from a cluster
};

// `text` holds one document of kind Pod (v1) or Job (batch/v1), with a name (metadata.name or
// metadata.generateName) and at least one container; container names are unique. With YamlReading::kStrict a
// second document is an error, otherwise it is ignored. Fields that kube.proto does not know are ignored.
// Errors are kInvalidArgument, name the line or the field, and say what to write instead.
absl::StatusOr<Manifest> ParseManifest(absl::string_view text, YamlReading reading = YamlReading::kStrict);

}  // namespace sidecar_shim

#endif  // SIDECAR_SHIM_SHIM_KUBE_MANIFEST_H_
