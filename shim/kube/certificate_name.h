// The name of a client in its certificate.
#ifndef SIDECAR_SHIM_SHIM_KUBE_CERTIFICATE_NAME_H_
#define SIDECAR_SHIM_SHIM_KUBE_CERTIFICATE_NAME_H_

#include <optional>
#include <string>

#include "absl/strings/string_view.h"

namespace sidecar_shim {

// The subject's first common name, in UTF-8, of the first certificate in `pem`; other blocks (keys) may come
// before it. Neither signature nor validity is verified. nullopt without a readable certificate or a name.
// Any thread.
std::optional<std::string> CommonName(absl::string_view pem);

}  // namespace sidecar_shim

#endif  // SIDECAR_SHIM_SHIM_KUBE_CERTIFICATE_NAME_H_
