// Converts YAML to JSON. All configuration files, manifests and kubeconfigs are
// read through this file; a schema then checks the JSON. Bounded in memory and
// depth for any input. Stateless and thread-safe.
//
//   absl::StatusOr<std::vector<std::string>> documents = YamlToJson("a: 1");  // {"a":1}
#ifndef SIDECAR_SHIM_SHIM_FORMATS_YAML_H_
#define SIDECAR_SHIM_SHIM_FORMATS_YAML_H_

#include <string>
#include <vector>

#include "absl/status/statusor.h"
#include "absl/strings/string_view.h"

namespace sidecar_shim {

enum class YamlReading {
  // Duplicate keys and merge keys (<<) are errors. For the shim's own files.
  kStrict,
  // Like kubelet and kubectl (sigs.k8s.io/yaml): only the first document counts,
  // of duplicate keys the last one, and merge keys are applied. For files that
  // Kubernetes components read too, so that both see the same.
  kAsKubernetes,
};

// Returns each document of `text` as compact JSON, in order. An empty document is
// "null"; a text without documents gives an empty vector. Keys keep their order.
//
// Quoted and block scalars are strings. Plain scalars are null, booleans (true,
// false), integers (also 0x1F, 0o17 and, as in Kubernetes, 017) or floats;
// everything else, including yes, no, on and off, is a string.
//
// Errors are kInvalidArgument and name the line: invalid syntax, keys that are
// not scalars, tags other than YAML's own, .inf and .nan, more than 100 levels,
// aliases that expand to more than 32 MiB; with kStrict also duplicate keys and
// merge keys (<<).
absl::StatusOr<std::vector<std::string>> YamlToJson(absl::string_view text,
                                                    YamlReading reading = YamlReading::kStrict);

}  // namespace sidecar_shim

#endif  // SIDECAR_SHIM_SHIM_FORMATS_YAML_H_
