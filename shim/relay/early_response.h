// The beginning of a query's answer, kept back while the query may still have to
// be sent again. Its caller needs the whole answer before it can use any of it.
// Loop thread only.
#ifndef SIDECAR_SHIM_SHIM_RELAY_EARLY_RESPONSE_H_
#define SIDECAR_SHIM_SHIM_RELAY_EARLY_RESPONSE_H_

#include <cstddef>
#include <utility>
#include <vector>

#include "shim/base/slice.h"
#include "shim/http2/header_block.h"
#include "shim/http2/limits.h"

namespace sidecar_shim {

class EarlyResponse {
 public:
  explicit EarlyResponse(const http2::HeaderBlock& headers) : headers_(headers) {}

  void Append(Slice data) {
    size_ += data.size();
    // A small copy does not hold the block that the bytes were read into.
    data_.push_back(data.size() < http2::kCopiedBelow ? Slice::CopyOf(data.view()) : std::move(data));
  }
  size_t size() const { return size_; }
  const http2::HeaderBlock& headers() const { return headers_; }
  std::vector<Slice>& data() { return data_; }

 private:
  http2::HeaderBlock headers_;
  std::vector<Slice> data_;
  size_t size_ = 0;
};

}  // namespace sidecar_shim

#endif  // SIDECAR_SHIM_SHIM_RELAY_EARLY_RESPONSE_H_
