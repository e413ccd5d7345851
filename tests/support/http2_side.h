// One side of an HTTP/2 connection, which a test scripts and whose streams record what they hear.
#ifndef SIDECAR_SHIM_TESTS_SUPPORT_HTTP2_SIDE_H_
#define SIDECAR_SHIM_TESTS_SUPPORT_HTTP2_SIDE_H_

#include <functional>
#include <memory>
#include <optional>
#include <string>
#include <utility>
#include <vector>

#include "shim/base/loop.h"
#include "shim/base/slice.h"
#include "shim/http2/connection.h"
#include "tests/support/fake_loop.h"
#include "tests/support/raw_http2.h"

namespace sidecar_shim::testing {

http2::HeaderBlock MakeBlock(const Fields& fields);
Fields FieldsOf(const http2::HeaderBlock& block);

// What a gRPC caller and a gRPC server send.
http2::HeaderBlock RequestHeaders(const Fields& more = {});
http2::HeaderBlock ResponseHeaders(const Fields& more = {});

// A stream's observer. Its destructor releases the stream.
class RecordedStream : public http2::StreamObserver {
 public:
  explicit RecordedStream(http2::Stream* its_stream = nullptr) : stream(its_stream) {}
  ~RecordedStream() override { Release(); }
  RecordedStream(const RecordedStream&) = delete;
  RecordedStream& operator=(const RecordedStream&) = delete;

  void Release() {
    if (stream != nullptr) std::exchange(stream, nullptr)->Release();
  }
  void Reset(uint32_t its_code) { std::exchange(stream, nullptr)->Reset(its_code); }
  bool closed_as(http2::Closed wanted) const { return why == wanted; }

  void OnHeaders(const http2::HeaderBlock& block, bool end) override;
  void OnData(Slice piece) override;
  void OnEnd() override;
  void OnSent(size_t bytes) override { sent += bytes; }
  void OnClosed(http2::Closed how, uint32_t its_code) override;

  http2::Stream* stream;       // null once it is released
  std::vector<Fields> blocks;  // headers, then trailers
  std::string data;
  int ends = 0;  // in whatever form
  size_t sent = 0;
  int closes = 0;
  std::optional<http2::Closed> why;
  uint32_t code = 0;
  bool consumes = true;  // gives bytes back as they come
  std::function<void()> on_data;
  std::function<void()> on_end;  // after it has been counted
};

class Http2Side : private http2::ConnectionObserver {
 public:
  // `fd` as for Connection.
  Http2Side(Loop& loop, http2::Role role, int fd);

  // Client: a request of these headers.
  RecordedStream& Open(bool end, const http2::HeaderBlock& headers = RequestHeaders());
  // Those that it has opened or accepted, in order.
  RecordedStream& stream(size_t index) { return *streams_.at(index); }
  size_t streams() const { return streams_.size(); }
  http2::Connection& connection() { return *connection_; }
  // Its observers stay.
  void Destroy() { connection_.reset(); }

  std::function<void(RecordedStream&)> on_stream = [](RecordedStream&) {};
  bool refuses = false;  // all streams
  int receipts = 0;      // how often something has come
  int reliefs = 0;
  int idles = 0;
  int closes = 0;
  std::string error;  // of the close

 private:
  http2::StreamObserver* OnStream(http2::Stream& stream) override;
  void OnReceived() override { ++receipts; }
  void OnRelieved() override { ++reliefs; }
  void OnIdle() override { ++idles; }
  void OnConnectionClosed(const std::string& why) override;

  BlockPool blocks_;
  std::vector<std::unique_ptr<RecordedStream>> streams_;
  std::unique_ptr<http2::Connection> connection_;
};

// Turns of the loop in which nothing need happen.
void RunTurns(FakeLoop& loop, int turns = 5);

// A connected pair of sockets.
std::pair<int, int> SocketPair();

// A client and a server, connected, on one loop.
struct Http2Pair {
  explicit Http2Pair(Loop& loop) : Http2Pair(loop, SocketPair()) {}
  Http2Pair(Loop& loop, std::pair<int, int> sockets)
      : server(loop, http2::Role::kServer, sockets.first), client(loop, http2::Role::kClient, -1) {
    client.connection().Attach(sockets.second);
  }

  Http2Side server;
  Http2Side client;
};

}  // namespace sidecar_shim::testing

#endif  // SIDECAR_SHIM_TESTS_SUPPORT_HTTP2_SIDE_H_
