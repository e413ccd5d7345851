// Kubernetes' $(VAR) syntax in env values, command and args.
#ifndef SIDECAR_SHIM_SHIM_KUBE_EXPAND_H_
#define SIDECAR_SHIM_SHIM_KUBE_EXPAND_H_

#include <map>
#include <string>

#include "absl/strings/string_view.h"

namespace sidecar_shim {

// Replaces $(NAME) by its value. A name that is not in `values` stays as it
// is, "$$" is a literal "$", and so is a "$" that opens no reference.
std::string Expand(absl::string_view text, const std::map<std::string, std::string>& values);

}  // namespace sidecar_shim

#endif  // SIDECAR_SHIM_SHIM_KUBE_EXPAND_H_
