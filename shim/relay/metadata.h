// Which metadata the relay passes on: all of it, except what belongs to one connection.
#ifndef SIDECAR_SHIM_SHIM_RELAY_METADATA_H_
#define SIDECAR_SHIM_SHIM_RELAY_METADATA_H_

#include <grpcpp/grpcpp.h>

#include <map>

namespace sidecar_shim {

using Metadata = std::multimap<grpc::string_ref, grpc::string_ref>;

// False for pseudo headers, gRPC's own keys and what each connection sets itself.
bool IsEndToEnd(grpc::string_ref key);

void CopyToUpstream(const Metadata& metadata, grpc::ClientContext& context);
void CopyInitialToCaller(const Metadata& metadata, grpc::ServerContextBase& context);
void CopyTrailingToCaller(const Metadata& metadata, grpc::ServerContextBase& context);

}  // namespace sidecar_shim

#endif  // SIDECAR_SHIM_SHIM_RELAY_METADATA_H_
