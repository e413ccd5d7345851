// CRI's method names.
#ifndef SIDECAR_SHIM_SHIM_CRI_METHODS_H_
#define SIDECAR_SHIM_SHIM_CRI_METHODS_H_

#include <string>

#include "absl/strings/string_view.h"

namespace sidecar_shim {

// "/runtime.v1.RuntimeService/<name>".
std::string RuntimeMethod(absl::string_view name);

// True for methods that are known to take one message and give one, in any CRI
// version (facts/kubelet.md §7). Others may be unary too; they are relayed as
// streams, which is right for every kind.
bool IsUnary(const std::string& path);

// True for streams that last as long as their reader wants.
bool IsEndless(const std::string& path);

}  // namespace sidecar_shim

#endif  // SIDECAR_SHIM_SHIM_CRI_METHODS_H_
