#include "shim/relay/kept_request.h"

#include <utility>

#include "shim/relay/grpc_wire.h"
#include "shim/relay/inflate.h"
#include "shim/relay/limits.h"

namespace sidecar_shim {

std::string KeptRequest::TakeBytes() {
  inflated_.reset();
  return std::exchange(bytes_, {});
}

bool KeptRequest::IsOneMessage() const { return MessageSize(bytes_) == bytes_.size(); }

std::string_view KeptRequest::Message() {
  const std::string_view message = std::string_view(bytes_).substr(kMessagePrefix);
  if (!IsCompressed(bytes_)) return message;
  // One that cannot be inflated goes to the handler as it is, which passes it on.
  if (!inflated_) inflated_ = Inflate(headers.Find("grpc-encoding"), message, kLargestGathered);
  return inflated_ ? std::string_view(*inflated_) : message;
}

}  // namespace sidecar_shim
