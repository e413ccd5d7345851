// Bytes on their way to a socket. Small ones are gathered in a block, large ones
// kept by reference.
#ifndef SIDECAR_SHIM_SHIM_HTTP2_OUTPUT_QUEUE_H_
#define SIDECAR_SHIM_SHIM_HTTP2_OUTPUT_QUEUE_H_

#include <cstddef>
#include <cstdint>
#include <vector>

#include "shim/base/slice.h"

namespace sidecar_shim::http2 {

class OutputQueue {
 public:
  enum class Result { kEmpty, kFull, kBroken };

  void Append(const uint8_t* data, size_t size);
  void Append(const Slice& slice);
  size_t size() const { return size_; }

  // Writes to the socket until the queue is empty or the socket full. `error`
  // is errno where the socket is broken.
  Result WriteTo(int fd, int& error);

 private:
  void Pop(size_t count);

  std::vector<Slice> slices_;  // from first_ on
  size_t first_ = 0;
  size_t size_ = 0;
  Slice room_;  // of the block for small bytes, what is not used yet
};

}  // namespace sidecar_shim::http2

#endif  // SIDECAR_SHIM_SHIM_HTTP2_OUTPUT_QUEUE_H_
