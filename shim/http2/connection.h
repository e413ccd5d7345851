// An HTTP/2 connection (RFC 9113) over a descriptor, by nghttp2's session: either
// side of it. Knows streams, windows and pings; nothing of gRPC.
//
//   kConnecting (client) --Attach--> kGreeting --the peer's SETTINGS--> kOpen --> kClosed
//
// Kept small by: windows (a stream's and the connection's), a limit of unsent
// bytes beyond which nothing is taken from streams, and nghttp2's limits on
// acknowledgements, resets and header blocks.
// Loop thread only.
#ifndef SIDECAR_SHIM_SHIM_HTTP2_CONNECTION_H_
#define SIDECAR_SHIM_SHIM_HTTP2_CONNECTION_H_

#include <nghttp2/nghttp2.h>

#include <cstdint>
#include <list>
#include <memory>
#include <optional>
#include <string>
#include <vector>

#include "shim/base/loop.h"
#include "shim/base/slice.h"
#include "shim/http2/closed_streams.h"
#include "shim/http2/header_block.h"
#include "shim/http2/output_queue.h"
#include "shim/http2/stream.h"

namespace sidecar_shim::http2 {

enum class Role { kServer, kClient };

class ConnectionObserver {
 public:
  virtual ~ConnectionObserver() = default;
  // Server: a stream has begun. Who observes it; null refuses it.
  virtual StreamObserver* OnStream(Stream& stream) = 0;
  // The peer has sent something.
  virtual void OnReceived() {}
  // Stream::congested() was true and is no longer.
  virtual void OnRelieved() {}
  // Everything has been written for now, and no stream is open.
  virtual void OnIdle() {}
  // The connection has ended, its streams have been told. It may be destroyed
  // from the end of the loop's turn on. `error` says what was wrong; empty where
  // nothing was: the peer has closed, or all is drained.
  virtual void OnConnectionClosed(const std::string& error) = 0;
};

class Connection : private Loop::Watch::Observer {
 public:
  // Server: `fd`, which it owns, is connected. Client: -1, and Attach() follows.
  // `pool` and `observer` outlive it.
  Connection(Loop& loop, BlockPool& pool, Role role, int fd, ConnectionObserver& observer);
  ~Connection() override;

  // Client: the connected socket.
  void Attach(int fd);

  // Client: begins a stream. Not after AcceptsStreams() has become false.
  Stream& Open(const HeaderBlock& block, bool end, StreamObserver& observer);
  // False once the peer goes away, stream numbers have run out, or it is closed.
  bool AcceptsStreams() const;
  // Streams that the protocol has not closed.
  size_t open_streams() const { return open_streams_; }
  // Why it has ended.
  const std::string& error() const { return error_; }
  // Whether that was a mistake of the peer's.
  bool gave_up() const { return !fault_.empty(); }

  // False: what the peer sends waits in the socket, and so with the peer.
  void SetReading(bool reading);

  // Server: GOAWAY as gRPC's servers do it: first without a limit, then, once a
  // ping shows that the client has read that, with the last stream. Closes when
  // all streams have ended.
  void Drain();
  // Ends it now: closes its streams, then calls OnConnectionClosed(error). The
  // destructor closes streams too, but does not call the observer.
  void Close(const std::string& error);

 private:
  friend class Stream;
  friend class SessionCallbacks;
  enum class State { kConnecting, kGreeting, kOpen, kClosed };

  void OnReady(bool can_read, bool can_write) override;
  // Reads what the socket has, a block at most. False where it has nothing.
  bool ReadSocket();
  // The peer takes nothing any more: reads what it had sent before.
  void ReadLast();
  // Lets nghttp2 have the bytes. Where one read holds very many new streams the
  // rest waits for the loop's next turn, so that other connections get theirs.
  void Parse(Slice bytes);
  void ParseRest();
  // Lets nghttp2 write frames, and the socket take them.
  void Flush();
  bool FillOutput();
  void AfterFlush();
  void Rewatch();
  bool congested();
  // Ends it, on an error of nghttp2, after one attempt to send a GOAWAY.
  void Fail(ssize_t error);
  // Close() without the call to the observer.
  void End(const std::string& error);
  Stream& AddStream(StreamObserver* observer);

  // False where too many answers wait.
  bool OnPing(const uint8_t* payload, bool answer);
  void AcknowledgeLatePings();
  void OnSettings();
  void OnGoawaySent();
  void FinishDrain();

  Loop& loop_;
  BlockPool& pool_;
  const Role role_;
  ConnectionObserver& observer_;
  int fd_;
  State state_ = State::kConnecting;
  nghttp2_session* session_ = nullptr;
  std::optional<Loop::Watch> watch_;
  Loop::TurnEnd flush_;
  Loop::Timer greeting_timer_;
  Loop::Timer rest_timer_;
  Loop::Timer ping_timer_;
  Loop::Timer drain_timer_;
  ClosedStreams closed_streams_;
  HeaderBlock headers_;      // being received
  size_t header_bytes_ = 0;  // of headers_, with what RFC 9113 adds
  int32_t headers_of_ = 0;   // the stream whose headers are being received
  OutputQueue output_;
  std::vector<nghttp2_nv> fields_;  // scratch: of a block that is being submitted
  Slice parsing_;                   // being parsed
  Slice rest_;                      // read but not parsed
  std::list<std::unique_ptr<Stream>> streams_;
  size_t open_streams_ = 0;
  size_t waiting_ = 0;   // bytes in streams' queues
  int faults_ = 0;       // streams that the peer has made this side reset
  int new_streams_ = 0;  // of this turn
  int late_pings_ = 0;   // bandwidth pings that are not acknowledged yet
  bool reading_ = true;
  bool tells_relief_ = false;
  bool draining_ = false;
  bool turned_away_ = false;  // the last GOAWAY has been submitted
  std::string error_;
  std::string detail_;  // nghttp2's words for the peer's last mistake
  std::string fault_;   // what the peer did wrong; not empty once a GOAWAY has said so
};

}  // namespace sidecar_shim::http2

#endif  // SIDECAR_SHIM_SHIM_HTTP2_CONNECTION_H_
