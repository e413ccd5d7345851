#include "shim/http2/output_queue.h"

#include <sys/socket.h>
#include <sys/uio.h>

#include <algorithm>
#include <array>
#include <cerrno>
#include <cstring>

#include "shim/http2/limits.h"

namespace sidecar_shim::http2 {
namespace {

constexpr size_t kPiecesOfAWrite = 64;
// The frames' headers of a large message, or some ten small messages.
constexpr size_t kGatherSize = 8 * 1024;

}  // namespace

void OutputQueue::Append(const uint8_t* data, size_t size) {
  size_ += size;
  while (size > 0) {
    if (room_.empty()) room_ = Slice::Uninitialized(kGatherSize);
    const size_t part = std::min(size, room_.size());
    std::memcpy(room_.MutableData(), data, part);
    // Most often the bytes follow those that were gathered last.
    if (first_ == slices_.size() || !slices_.back().ExtendBy(room_.data(), part)) {
      slices_.push_back(room_.Prefix(part));
    }
    room_.RemovePrefix(part);
    data += part;
    size -= part;
  }
}

void OutputQueue::Append(const Slice& slice) {
  if (slice.size() < kCopiedBelow) {
    Append(slice.data(), slice.size());
    return;
  }
  slices_.push_back(slice);
  size_ += slice.size();
}

OutputQueue::Result OutputQueue::WriteTo(int fd, int& error) {
  while (size_ > 0) {
    std::array<iovec, kPiecesOfAWrite> pieces;
    size_t count = 0;
    for (size_t i = first_; i < slices_.size() && count < kPiecesOfAWrite; ++i) {
      pieces[count++] = {const_cast<uint8_t*>(slices_[i].data()), slices_[i].size()};
    }
    msghdr message{};
    message.msg_iov = pieces.data();
    message.msg_iovlen = count;
    const ssize_t written = sendmsg(fd, &message, MSG_NOSIGNAL | MSG_DONTWAIT);
    if (written >= 0) {
      Pop(static_cast<size_t>(written));
    } else if (errno == EAGAIN) {
      return Result::kFull;
    } else if (errno != EINTR) {
      error = errno;
      return Result::kBroken;
    }
  }
  return Result::kEmpty;
}

void OutputQueue::Pop(size_t count) {
  size_ -= count;
  while (count > 0 && first_ < slices_.size()) {
    Slice& slice = slices_[first_];
    const size_t part = std::min(count, slice.size());
    slice.RemovePrefix(part);
    count -= part;
    if (slice.empty()) slices_[first_++] = Slice();
  }
  if (first_ == slices_.size()) {
    slices_.clear();
    first_ = 0;
  }
}

}  // namespace sidecar_shim::http2
