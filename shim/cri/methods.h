// The gRPC methods of CRI and what is known of each one's kind. Stateless and
// thread-safe.
#ifndef SIDECAR_SHIM_SHIM_CRI_METHODS_H_
#define SIDECAR_SHIM_SHIM_CRI_METHODS_H_

#include <string>

#include "absl/strings/string_view.h"

namespace sidecar_shim {

// The path of a method of the v1 runtime service:
// "/runtime.v1.RuntimeService/<name>".
std::string RuntimeMethod(absl::string_view name);

// Whether the method is known to be unary: one request, one response. Covers
// RuntimeService and ImageService of v1 and v1alpha2. False for every other
// method, unary or not: relaying it as a stream is correct for both kinds.
bool IsUnary(const std::string& path);

// Whether the stream ends only when its caller cancels it (GetContainerEvents),
// so that a shutdown must end it instead of waiting for its end.
bool IsEndless(const std::string& path);

}  // namespace sidecar_shim

#endif  // SIDECAR_SHIM_SHIM_CRI_METHODS_H_
