// What the methods of Model share: requests from bytes, answers to bytes.
#ifndef SIDECAR_SHIM_TESTS_SUPPORT_MODEL_ANSWERS_H_
#define SIDECAR_SHIM_TESTS_SUPPORT_MODEL_ANSWERS_H_

#include <string>

#include "tests/support/model.h"

namespace sidecar_shim::testing {

template <typename Message>
Message Parse(const std::string& bytes) {
  Message message;
  message.ParseFromString(bytes);
  return message;
}

inline Model::Answer Ok(const google::protobuf::MessageLite& message) {
  return {grpc::Status::OK, message.SerializeAsString()};
}

// With containerd's text.
inline Model::Answer NotFound(const std::string& id) {
  return {grpc::Status(grpc::StatusCode::NOT_FOUND, "an error occurred when try to find \"" + id + "\""), ""};
}

}  // namespace sidecar_shim::testing

#endif  // SIDECAR_SHIM_TESTS_SUPPORT_MODEL_ANSWERS_H_
