// Bytes on their way to a socket. Small ones are gathered in blocks of their own,
// large ones are kept by reference.
#ifndef SIDECAR_SHIM_SHIM_HTTP2_OUTPUT_QUEUE_H_
#define SIDECAR_SHIM_SHIM_HTTP2_OUTPUT_QUEUE_H_

#include <cstddef>
#include <cstdint>
#include <string>
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
  void Gather();
  void Pop(size_t count);

  std::string gathered_;       // the end of the queue
  std::vector<Slice> slices_;  // the beginning of the queue, from `first_` on
  size_t first_ = 0;
  size_t size_ = 0;
};

}  // namespace sidecar_shim::http2

#endif  // SIDECAR_SHIM_SHIM_HTTP2_OUTPUT_QUEUE_H_
