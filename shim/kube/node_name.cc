#include "shim/kube/node_name.h"

#include <unistd.h>

#include <climits>

#include "absl/strings/ascii.h"

namespace sidecar_shim {

std::string HostName() {
  char name[HOST_NAME_MAX + 1] = {};
  if (gethostname(name, sizeof(name) - 1) != 0) return "";
  return absl::AsciiStrToLower(absl::StripAsciiWhitespace(name));
}

}  // namespace sidecar_shim
