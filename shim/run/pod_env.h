// The envs of a container as kubelet hands them to the runtime.
#ifndef SIDECAR_SHIM_SHIM_RUN_POD_ENV_H_
#define SIDECAR_SHIM_SHIM_RUN_POD_ENV_H_

#include <string>
#include <utility>
#include <vector>

#include "absl/status/statusor.h"
#include "absl/strings/string_view.h"
#include "shim/run/cri.h"

namespace sidecar_shim::run {

// One env as written: a literal, in which $(VAR) is not resolved yet, or a fieldRef.
struct EnvEntry {
  std::string name;
  std::string value;
  std::string field_path;  // such as "metadata.name"; empty for a literal
};

// The value of metadata.name, .namespace, .uid, .labels['x'], .annotations['x'], spec.nodeName or
// spec.serviceAccountName; kInvalidArgument for any other path.
absl::StatusOr<std::string> FieldValue(const core::Pod& pod, absl::string_view path);

// Names and values in spec order: $(VAR) and fieldRefs resolved, the last duplicate only.
std::vector<std::pair<std::string, std::string>> ResolveEnv(const core::Pod& pod,
                                                            const std::vector<EnvEntry>& env);

}  // namespace sidecar_shim::run

#endif  // SIDECAR_SHIM_SHIM_RUN_POD_ENV_H_
