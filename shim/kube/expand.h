// Kubernetes' $(VAR) syntax in env values, command and args.
#ifndef SIDECAR_SHIM_SHIM_KUBE_EXPAND_H_
#define SIDECAR_SHIM_SHIM_KUBE_EXPAND_H_

#include <map>
#include <string>

#include "absl/strings/string_view.h"

namespace sidecar_shim {

// Replaces each $(NAME) by its value, once: references in a value stay. A reference to a name that is not in
// `values` stays too. "$$" becomes "$"; a "$" that begins no reference stays. As kubelet's
// third_party/forked/golang/expansion.
std::string Expand(absl::string_view text, const std::map<std::string, std::string>& values);

}  // namespace sidecar_shim

#endif  // SIDECAR_SHIM_SHIM_KUBE_EXPAND_H_
