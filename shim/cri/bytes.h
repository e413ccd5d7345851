// Conversion between protobuf messages and the byte buffers that gRPC sends.
// Stateless and thread-safe.
#ifndef SIDECAR_SHIM_SHIM_CRI_BYTES_H_
#define SIDECAR_SHIM_SHIM_CRI_BYTES_H_

#include <google/protobuf/message_lite.h>
#include <grpcpp/support/byte_buffer.h>

namespace sidecar_shim {

// Parses `bytes` into `message`. Returns false if they are not a valid encoding
// of that message type; `message` is then unspecified.
bool FromBytes(const grpc::ByteBuffer& bytes, google::protobuf::MessageLite& message);

// Serialises `message` into one slice.
grpc::ByteBuffer ToBytes(const google::protobuf::MessageLite& message);

}  // namespace sidecar_shim

#endif  // SIDECAR_SHIM_SHIM_CRI_BYTES_H_
