// The streams of a connection that were closed last, and by whom. A frame for one of them may have been on
// its way, or break the protocol.
#ifndef SIDECAR_SHIM_SHIM_HTTP2_CLOSED_STREAMS_H_
#define SIDECAR_SHIM_SHIM_HTTP2_CLOSED_STREAMS_H_

#include <array>
#include <cstddef>
#include <cstdint>

namespace sidecar_shim::http2 {

class ClosedStreams {
 public:
  enum class Ended { kUnknown, kByPeer, kByThisSide };

  // `by_this_side`: with RST_STREAM.
  void Add(int32_t id, bool by_this_side) { Slot(id) = {id, by_this_side}; }
  Ended HowEnded(int32_t id) {
    const Entry& entry = Slot(id);
    if (entry.id != id) return Ended::kUnknown;
    return entry.by_this_side ? Ended::kByThisSide : Ended::kByPeer;
  }

 private:
  struct Entry {
    int32_t id = -1;
    bool by_this_side = false;
  };
  // A client's stream ids are odd.
  Entry& Slot(int32_t id) { return entries_[static_cast<size_t>(id) / 2 % entries_.size()]; }

  std::array<Entry, 64> entries_;
};

}  // namespace sidecar_shim::http2

#endif  // SIDECAR_SHIM_SHIM_HTTP2_CLOSED_STREAMS_H_
