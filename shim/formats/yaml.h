// YAML in, JSON out: the one door through which configuration and manifests
// written by people enter. What JSON means is then the business of a schema.
//
//   ASSIGN_OR_RETURN(std::vector<std::string> documents, YamlToJson("a: 1"));  // {"a":1}
#ifndef SIDECAR_SHIM_SHIM_FORMATS_YAML_H_
#define SIDECAR_SHIM_SHIM_FORMATS_YAML_H_

#include <string>
#include <vector>

#include "absl/status/statusor.h"
#include "absl/strings/string_view.h"

namespace sidecar_shim {

enum class YamlReading {
  kStrict,
  // As Kubernetes reads the files on a node (sigs.k8s.io/yaml): of several
  // documents the first, of a key that is there twice the last, and merge keys
  // count. For files whose meaning others have decided.
  kAsKubernetes,
};

// Each document of `text` as compact JSON, in order; an empty document is
// "null", a text without any document gives an empty vector. Order of keys is
// kept.
//
// Scalars: quoted and block scalars are strings. Plain ones are null, booleans
// (true, false), integers (also 0x1F, 0o17 and, as in Kubernetes, 017) and
// floats; everything else, also yes/no/on/off, is a string.
//
// Errors are kInvalidArgument and name the line: syntax, keys that are no
// scalars, tags other than YAML's own, .inf and .nan, nesting deeper than 100,
// aliases that blow the text up; where it is strict also duplicate keys and
// merge keys (<<).
absl::StatusOr<std::vector<std::string>> YamlToJson(absl::string_view text,
                                                    YamlReading reading = YamlReading::kStrict);

}  // namespace sidecar_shim

#endif  // SIDECAR_SHIM_SHIM_FORMATS_YAML_H_
