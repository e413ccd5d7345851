// Messages as bytes: what handlers, relay and the shim's own calls exchange, and
// the buffers in which gRPC has them. Stateless and thread-safe.
#ifndef SIDECAR_SHIM_SHIM_CRI_BYTES_H_
#define SIDECAR_SHIM_SHIM_CRI_BYTES_H_

#include <google/protobuf/message_lite.h>
#include <grpcpp/support/byte_buffer.h>

#include <string>
#include <string_view>

namespace sidecar_shim {

// Parses `bytes` into `message`. Returns false if they are not a valid encoding
// of that message type; `message` is then unspecified.
bool FromBytes(std::string_view bytes, google::protobuf::MessageLite& message);
std::string ToBytes(const google::protobuf::MessageLite& message);

std::string FromBuffer(const grpc::ByteBuffer& buffer);
grpc::ByteBuffer ToBuffer(const std::string& bytes);

}  // namespace sidecar_shim

#endif  // SIDECAR_SHIM_SHIM_CRI_BYTES_H_
