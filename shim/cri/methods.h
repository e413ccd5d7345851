// The gRPC methods of CRI and what is known of each one's kind. Stateless and
// thread-safe.
#ifndef SIDECAR_SHIM_SHIM_CRI_METHODS_H_
#define SIDECAR_SHIM_SHIM_CRI_METHODS_H_

#include <string>
#include <string_view>

#include "absl/strings/string_view.h"

namespace sidecar_shim {

// The path of a method of the v1 runtime service:
// "/runtime.v1.RuntimeService/<name>".
std::string RuntimeMethod(absl::string_view name);

// What is known of a method. Nothing of one that is not in CRI's v1 or v1alpha2:
// then all is false, and treating it as a stream that changes something is right.
struct MethodTraits {
  bool unary = false;      // one request, one response
  bool only_asks = false;  // changes nothing, so that it may be sent again
  // A stream that ends only when its caller cancels it (GetContainerEvents), so
  // that a shutdown must end it instead of waiting for its end.
  bool endless = false;
};
MethodTraits TraitsOf(std::string_view path);

}  // namespace sidecar_shim

#endif  // SIDECAR_SHIM_SHIM_CRI_METHODS_H_
