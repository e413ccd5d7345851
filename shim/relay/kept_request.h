// What a call keeps of its request: for a handler, which wants the message whole,
// or to send a query again. Loop thread only.
#ifndef SIDECAR_SHIM_SHIM_RELAY_KEPT_REQUEST_H_
#define SIDECAR_SHIM_SHIM_RELAY_KEPT_REQUEST_H_

#include <cstddef>
#include <optional>
#include <string>
#include <string_view>

#include "shim/http2/header_block.h"

namespace sidecar_shim {

class KeptRequest {
 public:
  http2::HeaderBlock headers;
  bool ended = false;  // what is kept is all of it

  // DATA as it came, with the messages' prefixes.
  void Append(std::string_view data) { bytes_.append(data); }
  size_t size() const { return bytes_.size(); }
  const std::string& bytes() const { return bytes_; }
  std::string TakeBytes();

  // Whether the bytes are one complete message.
  bool IsOneMessage() const;
  // That message, plain. Valid until TakeBytes().
  std::string_view Message();

 private:
  std::string bytes_;
  std::optional<std::string> inflated_;  // where the message came compressed
};

}  // namespace sidecar_shim

#endif  // SIDECAR_SHIM_SHIM_RELAY_KEPT_REQUEST_H_
