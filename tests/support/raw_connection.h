// One end of an HTTP/2 connection over a unix socket, of which a test sends every byte itself. One thread at
// a time, but for Abort().
#ifndef SIDECAR_SHIM_TESTS_SUPPORT_RAW_CONNECTION_H_
#define SIDECAR_SHIM_TESTS_SUPPORT_RAW_CONNECTION_H_

#include <chrono>
#include <functional>
#include <map>
#include <memory>
#include <optional>
#include <string>
#include <string_view>

#include "tests/support/client.h"
#include "tests/support/raw_http2.h"

namespace sidecar_shim::testing {

// The longest that a peer takes to close a connection on which it has seen a fault.
inline constexpr std::chrono::seconds kEndBound{10};

struct Frame {
  uint8_t type = 0;
  uint8_t flags = 0;
  uint32_t stream = 0;
  std::string payload;  // with that of the CONTINUATION frames that followed
  Fields fields;        // of HEADERS, decoded

  bool is(int wanted) const { return type == wanted; }
  bool ends_stream() const {
    return (is(NGHTTP2_DATA) || is(NGHTTP2_HEADERS)) && (flags & NGHTTP2_FLAG_END_STREAM) != 0;
  }
  // The error code of RST_STREAM and GOAWAY.
  uint32_t code() const;
  // "" where there is none.
  std::string field(const std::string& name) const;
};

// How the peer has ended a connection.
struct Ending {
  bool closed = false;              // false: it is still open
  std::optional<uint32_t> go_away;  // the code of the last GOAWAY
};

class RawConnection {
 public:
  // Owns `fd`.
  explicit RawConnection(int fd);
  ~RawConnection();
  RawConnection(const RawConnection&) = delete;
  RawConnection& operator=(const RawConnection&) = delete;

  // To the socket at `path`, nothing sent yet. Aborts where nobody listens.
  static std::unique_ptr<RawConnection> To(const std::string& path);
  // The same, with the preface sent, `settings` announced and the server's read and acknowledged.
  static std::unique_ptr<RawConnection> ShakenHands(const std::string& path,
                                                    const SettingList& settings = {});

  // False where the peer has closed, or has taken nothing for `patience`; what is left then is sent while
  // frames are read.
  bool Send(std::string_view bytes, std::chrono::milliseconds patience = kTestTimeout);
  // The next frame. Null after the last, and after `timeout`.
  std::optional<Frame> Read(std::chrono::milliseconds timeout = kTestTimeout);
  // The next frame for which `wanted` holds; those before it are dropped.
  std::optional<Frame> ReadUntil(const std::function<bool(const Frame&)>& wanted,
                                 std::chrono::milliseconds timeout = kTestTimeout);
  // Takes the caller's preface; false where something else arrives.
  bool ReadPreface();
  // Drops frames until the peer closes or `timeout` is over.
  Ending WaitForEnd(std::chrono::milliseconds timeout = kEndBound);
  // Whether the peer answers a PING. Drops the frames before the answer.
  bool Alive();

  // The peer has closed, and all that it had sent has been read.
  bool closed() const { return closed_; }
  // What the peer has announced; `otherwise` where it has not. Of frames that have been read.
  uint32_t PeerSetting(uint16_t id, uint32_t otherwise) const;
  // Ends both directions at once. Any thread.
  void Abort();

 private:
  using Clock = std::chrono::steady_clock;
  struct Inflater;

  // Sends of unsent_ what the peer takes now; false where it has closed.
  bool Flush();
  // Until `size` bytes are in buffer_.
  bool Fill(size_t size, Clock::time_point deadline);
  std::optional<Frame> ReadOne(Clock::time_point deadline);
  void Note(const Frame& frame);

  const int fd_;
  std::string unsent_;
  std::string buffer_;  // received, not yet read
  bool closed_ = false;
  std::optional<uint32_t> go_away_;
  std::map<uint16_t, uint32_t> settings_;
  std::unique_ptr<Inflater> inflater_;
};

// Listens at `path` while it lives; what is there is replaced.
class RawListener {
 public:
  explicit RawListener(const std::string& path);
  ~RawListener();
  RawListener(const RawListener&) = delete;
  RawListener& operator=(const RawListener&) = delete;

  // Null after Close().
  std::unique_ptr<RawConnection> Accept();
  // Any thread.
  void Close();

 private:
  const std::string path_;
  const int fd_;
};

}  // namespace sidecar_shim::testing

#endif  // SIDECAR_SHIM_TESTS_SUPPORT_RAW_CONNECTION_H_
