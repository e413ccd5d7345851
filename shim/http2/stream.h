// One stream of a connection: what its peer sends is reported, what is to be
// sent waits here until the peer's windows and the socket take it.
//
//   receiving:  headers -> data... -> end, or trailers (headers with the end)
//   sending:    SendHeaders -> SendData... -> SendEnd or SendTrailers
//
// The two directions are independent. Either side may reset the stream at any
// moment. A stream object lives until both the protocol has closed the stream
// and its observer has released it; in between its functions do nothing.
// Loop thread only.
#ifndef SIDECAR_SHIM_SHIM_HTTP2_STREAM_H_
#define SIDECAR_SHIM_SHIM_HTTP2_STREAM_H_

#include <nghttp2/nghttp2.h>

#include <cstdint>
#include <list>
#include <memory>
#include <optional>
#include <vector>

#include "shim/base/slice.h"
#include "shim/http2/header_block.h"
#include "shim/http2/output_queue.h"

namespace sidecar_shim::http2 {

class Connection;

enum class Closed {
  kComplete,    // both sides have sent their end
  kReset,       // by the peer (REFUSED_STREAM: it has not processed it), or because it broke the protocol
  kConnection,  // the connection is gone
};

// What happens to a stream. The functions run while the connection reads or
// writes: they may use any stream, and must not destroy a connection.
class StreamObserver {
 public:
  virtual ~StreamObserver() = default;
  // The first block is the request's or the response's, a second one the trailers.
  // With `end` nothing follows. The block is the connection's: it is valid during
  // the call.
  virtual void OnHeaders(const HeaderBlock& block, bool end) = 0;
  // To be given back with Stream::Consume(). Part of a large block: what is to be
  // kept for longer is better copied.
  virtual void OnData(Slice data) = 0;
  // END_STREAM on a DATA frame.
  virtual void OnEnd() = 0;
  // So many bytes of what was sent have left for the socket.
  virtual void OnSent(size_t bytes) = 0;
  // Last, once. `code` is RST_STREAM's; with kConnection COMPRESSION_ERROR where
  // this stream's header block is what the connection has ended at.
  virtual void OnClosed(Closed why, uint32_t code) = 0;
};

class Stream {
 public:
  Stream(Connection& connection, StreamObserver* observer) : connection_(&connection), observer_(observer) {}
  Stream(const Stream&) = delete;
  Stream& operator=(const Stream&) = delete;

  // Server: the response's headers.
  void SendHeaders(const HeaderBlock& block, bool end);
  void SendData(Slice data);
  void SendEnd();
  // After what waits, instead of SendEnd().
  void SendTrailers(const HeaderBlock& trailers);

  // RST_STREAM at once, but for a frame that has begun; drops what waits, and reports nothing any more.
  void Reset(uint32_t code);
  // RST_STREAM once the end has been sent, for a peer that still sends.
  void ResetAfterEnd(uint32_t code);

  // The receiver is done with so many bytes: the peer may send as many more.
  void Consume(size_t bytes);
  // The observer is done with the stream, which may end here.
  void Release();

  // Whether so much is unsent to the peer that a sender should pause. The
  // connection calls ConnectionObserver::OnRelieved() once it is no longer.
  bool congested() const;
  // Whether the peer has sent its end, and whether this side's is sent or waits.
  bool received_end() const { return received_end_; }
  bool ended() const { return end_queued_ || sent_end_; }

 private:
  friend class Connection;
  friend class SessionCallbacks;

  // nghttp2's data source: how many bytes of at most `length` are to go next.
  ssize_t Read(size_t length, uint32_t& flags);
  // Puts that many bytes into the output.
  void MoveTo(OutputQueue& output, size_t length);
  nghttp2_data_provider Source();
  void Resume();
  void DropQueue();
  bool open() const { return connection_ != nullptr && !closed_; }
  // nghttp2 has closed the stream.
  // Sends RST_STREAM(PROTOCOL_ERROR) for a malformed message. The observer gets
  // OnClosed(kReset), as for a reset by the peer.
  void Break();
  void OnSessionClose(uint32_t code);
  void OnFrameSent(uint8_t flags);
  void OnData(Slice data);

  Connection* connection_;    // null once it is gone
  StreamObserver* observer_;  // null once released
  int32_t id_ = -1;
  std::list<std::unique_ptr<Stream>>::iterator place_;  // in the connection's list
  std::vector<Slice> queue_;                            // from first_ on
  size_t first_ = 0;
  size_t queued_ = 0;      // bytes
  size_t unconsumed_ = 0;  // bytes received and not given back
  std::optional<HeaderBlock> trailers_;
  std::optional<uint32_t> reset_after_end_;
  bool announced_ = false;  // its first header block has left (client) or come (server)
  bool waits_for_data_ = false;
  bool frame_begun_ = false;  // nghttp2 knows a DATA frame's length and has not taken its bytes
  bool end_queued_ = false;
  bool sent_end_ = false;
  bool received_headers_ = false;
  bool received_end_ = false;
  bool reset_ = false;   // by this side
  bool closed_ = false;  // by the protocol
};

}  // namespace sidecar_shim::http2

#endif  // SIDECAR_SHIM_SHIM_HTTP2_STREAM_H_
