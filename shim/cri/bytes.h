// Messages to wire bytes and back.
#ifndef SIDECAR_SHIM_SHIM_CRI_BYTES_H_
#define SIDECAR_SHIM_SHIM_CRI_BYTES_H_

#include <google/protobuf/message_lite.h>
#include <grpcpp/support/byte_buffer.h>

namespace sidecar_shim {

// False where the bytes are no such message.
bool FromBytes(const grpc::ByteBuffer& bytes, google::protobuf::MessageLite& message);
grpc::ByteBuffer ToBytes(const google::protobuf::MessageLite& message);

}  // namespace sidecar_shim

#endif  // SIDECAR_SHIM_SHIM_CRI_BYTES_H_
