#include "shim/relay/metadata.h"

#include <string>

namespace sidecar_shim {

bool IsEndToEnd(grpc::string_ref key) {  // NOLINT(performance-unnecessary-value-param): two words
  return !key.starts_with(":") && !key.starts_with("grpc-") && key != "te" && key != "content-type" &&
         key != "user-agent" && key != "host";
}

void CopyToUpstream(const Metadata& metadata, grpc::ClientContext& context) {
  for (const auto& [key, value] : metadata) {
    if (!IsEndToEnd(key)) continue;
    context.AddMetadata(std::string(key.data(), key.size()), std::string(value.data(), value.size()));
  }
}

void CopyInitialToCaller(const Metadata& metadata, grpc::ServerContextBase& context) {
  for (const auto& [key, value] : metadata) {
    if (!IsEndToEnd(key)) continue;
    context.AddInitialMetadata(std::string(key.data(), key.size()), std::string(value.data(), value.size()));
  }
}

void CopyTrailingToCaller(const Metadata& metadata, grpc::ServerContextBase& context) {
  for (const auto& [key, value] : metadata) {
    if (!IsEndToEnd(key)) continue;
    context.AddTrailingMetadata(std::string(key.data(), key.size()), std::string(value.data(), value.size()));
  }
}

}  // namespace sidecar_shim
