// Who a client certificate says that it is.
#ifndef SIDECAR_SHIM_SHIM_KUBE_CERTIFICATE_NAME_H_
#define SIDECAR_SHIM_SHIM_KUBE_CERTIFICATE_NAME_H_

#include <optional>
#include <string>

#include "absl/strings/string_view.h"

namespace sidecar_shim {

// The common name of the subject of the first certificate in `pem`. Nothing is
// verified. nullopt where there is none.
std::optional<std::string> CommonName(absl::string_view pem);

}  // namespace sidecar_shim

#endif  // SIDECAR_SHIM_SHIM_KUBE_CERTIFICATE_NAME_H_
