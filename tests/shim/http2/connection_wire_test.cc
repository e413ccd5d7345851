// What a connection says and when, seen by a peer that counts frames.
#include <gtest/gtest.h>

#include <chrono>
#include <functional>
#include <memory>
#include <optional>
#include <string>
#include <utility>

#include "shim/http2/limits.h"
#include "tests/support/fake_loop.h"
#include "tests/support/http2_side.h"
#include "tests/support/raw_connection.h"

namespace sidecar_shim::testing {
namespace {

using namespace std::chrono_literals;
using http2::Closed;
using http2::Role;

// grpc-go's, by which it measures the bandwidth.
const std::string kBandwidth = {2, 4, 16, 16, 9, 14, 7, 7};

std::string Ping(const std::string& payload, uint8_t flags = 0) {
  return FrameBytes(NGHTTP2_PING, flags, 0, payload);
}

// A side under test, and its peer's end of the socket.
struct Wire {
  Wire(FakeLoop& its_loop, Role role) : Wire(its_loop, role, SocketPair()) {}
  Wire(FakeLoop& its_loop, Role role, std::pair<int, int> sockets)
      : loop(its_loop), side(loop, role, sockets.first), raw(sockets.second) {}

  // The next frame but SETTINGS and WINDOW_UPDATE. Null where nothing comes but once the time has been
  // advanced, or where the connection ends.
  std::optional<Frame> Next() {
    std::optional<Frame> frame;
    loop.RunUntil([&] {
      while ((frame = raw.Read(0ms)) && (frame->is(NGHTTP2_SETTINGS) || frame->is(NGHTTP2_WINDOW_UPDATE))) {
      }
      return frame.has_value() || raw.closed();
    });
    return frame;
  }
  // Whether a frame is there, after what has been sent to the side has been read.
  bool Quiet() {
    const int receipts = side.receipts;
    EXPECT_TRUE(loop.RunUntil([&] { return side.receipts > receipts; }));
    return NothingComes();
  }
  // For some turns.
  bool NothingComes() {
    RunTurns(loop);
    const std::optional<Frame> frame = raw.Read(0ms);
    return !frame || frame->is(NGHTTP2_SETTINGS) || frame->is(NGHTTP2_WINDOW_UPDATE);
  }
  // As the client of a server.
  void Greet() {
    raw.Send(std::string(kPreface) + SettingsFrame());
    loop.RunUntil([this] { return side.receipts > 0; });
  }

  FakeLoop& loop;
  Http2Side side;
  RawConnection raw;
};

TEST(ConnectionWireTest, AClientThatSaysNothingIsClosed) {
  FakeLoop loop;
  Wire wire(loop, Role::kServer);
  wire.raw.Send(kPreface.substr(0, 10));
  loop.Advance(http2::kClientGreeting - 1ms);
  EXPECT_EQ(wire.side.closes, 0);
  loop.Advance(1ms);
  EXPECT_EQ(wire.side.closes, 1);
  EXPECT_EQ(wire.side.error, "it sent no HTTP/2 preface and SETTINGS in time");
  EXPECT_TRUE(wire.side.connection().gave_up());
  EXPECT_TRUE(wire.raw.WaitForEnd().closed);
}

TEST(ConnectionWireTest, AServerThatSaysNothingIsClosed) {
  FakeLoop loop;
  const auto [fd, peer] = SocketPair();
  Http2Side client(loop, Role::kClient, -1);
  RawConnection raw(peer);
  RecordedStream& asked = client.Open(/*end=*/true);
  loop.Advance(1h);  // nothing is expected of a server that is not there
  EXPECT_EQ(client.closes, 0);
  client.connection().Attach(fd);
  RunTurns(loop);
  EXPECT_TRUE(raw.ReadPreface());
  loop.Advance(http2::kServerGreeting - 1ms);
  EXPECT_EQ(client.closes, 0);
  loop.Advance(1ms);
  EXPECT_EQ(client.closes, 1);
  EXPECT_EQ(client.error, "it accepts connections but does not speak HTTP/2");
  EXPECT_TRUE(asked.closed_as(Closed::kConnection));
}

TEST(ConnectionWireTest, SettingsEndTheWait) {
  FakeLoop loop;
  Wire wire(loop, Role::kServer);
  wire.Greet();
  loop.Advance(24h);
  EXPECT_EQ(wire.side.closes, 0);
}

TEST(ConnectionWireTest, PingsAreAnsweredAtOnce) {
  FakeLoop loop;
  Wire wire(loop, Role::kServer);
  wire.Greet();
  const Time began = loop.Now();
  wire.raw.Send(Ping("12345678"));
  const std::optional<Frame> answer = wire.Next();
  ASSERT_TRUE(answer);
  EXPECT_TRUE(answer->is(NGHTTP2_PING));
  EXPECT_EQ(answer->flags, NGHTTP2_FLAG_ACK);
  EXPECT_EQ(answer->payload, "12345678");
  EXPECT_EQ(loop.Now(), began);
}

TEST(ConnectionWireTest, ABandwidthPingIsAnsweredAfterTenMilliseconds) {
  FakeLoop loop;
  Wire wire(loop, Role::kServer);
  wire.Greet();
  for (int i = 0; i < 3; ++i) {
    wire.raw.Send(Ping(kBandwidth));
    EXPECT_TRUE(wire.Quiet());
    loop.Advance(9ms);
    EXPECT_TRUE(wire.NothingComes());
    loop.Advance(1ms);
    const std::optional<Frame> answer = wire.Next();
    ASSERT_TRUE(answer);
    EXPECT_EQ(answer->flags, NGHTTP2_FLAG_ACK);
    EXPECT_EQ(answer->payload, kBandwidth);
  }
}

TEST(ConnectionWireTest, ABandwidthPingIsAnsweredWithTheNextWrite) {
  FakeLoop loop;
  Wire wire(loop, Role::kServer);
  wire.Greet();
  const Time began = loop.Now();
  wire.raw.Send(HeaderFrames(1, RequestBlock("/a.B/C"), NGHTTP2_FLAG_END_STREAM) + Ping(kBandwidth));
  EXPECT_TRUE(wire.Quiet());
  wire.side.stream(0).stream->SendHeaders(ResponseHeaders(), /*end=*/true);
  const std::optional<Frame> first = wire.Next();
  const std::optional<Frame> second = wire.Next();
  ASSERT_TRUE(first && second);
  EXPECT_TRUE(first->is(NGHTTP2_PING) || second->is(NGHTTP2_PING));
  EXPECT_TRUE(first->is(NGHTTP2_HEADERS) || second->is(NGHTTP2_HEADERS));
  EXPECT_EQ(loop.Now(), began);
  // And not once more.
  loop.Advance(1s);
  EXPECT_TRUE(wire.NothingComes());
}

// A peer that has sent one more waits for the first.
TEST(ConnectionWireTest, AnotherPingBringsTheLateAnswerToo) {
  FakeLoop loop;
  Wire wire(loop, Role::kServer);
  wire.Greet();
  wire.raw.Send(Ping(kBandwidth) + Ping(kBandwidth));
  for (int i = 0; i < 2; ++i) {
    const std::optional<Frame> answer = wire.Next();
    ASSERT_TRUE(answer);
    EXPECT_EQ(answer->payload, kBandwidth);
  }
}

TEST(ConnectionWireTest, DrainSaysGoAwayTwice) {
  FakeLoop loop;
  Wire wire(loop, Role::kServer);
  wire.Greet();
  wire.raw.Send(HeaderFrames(1, RequestBlock("/a.B/C"), NGHTTP2_FLAG_END_STREAM));
  EXPECT_TRUE(wire.Quiet());
  wire.side.connection().Drain();
  std::optional<Frame> frame = wire.Next();
  // Before the ping, whose answer means that it has been read.
  ASSERT_TRUE(frame && frame->is(NGHTTP2_GOAWAY));
  EXPECT_EQ(FromBigEndian(frame->payload.substr(0, 4)), kMaxWindow);  // no limit
  EXPECT_EQ(frame->code(), static_cast<uint32_t>(NGHTTP2_NO_ERROR));
  const std::optional<Frame> ping = wire.Next();
  ASSERT_TRUE(ping && ping->is(NGHTTP2_PING));
  // A request that the client had sent before it read that is served.
  wire.raw.Send(HeaderFrames(3, RequestBlock("/a.B/D"), NGHTTP2_FLAG_END_STREAM) +
                Ping("another!", NGHTTP2_FLAG_ACK) + Ping(ping->payload, NGHTTP2_FLAG_ACK));
  frame = wire.Next();
  ASSERT_TRUE(frame && frame->is(NGHTTP2_GOAWAY));
  EXPECT_EQ(FromBigEndian(frame->payload.substr(0, 4)), 3u);
  ASSERT_EQ(wire.side.streams(), 2u);
  for (size_t i = 0; i < 2; ++i) wire.side.stream(i).stream->SendHeaders(ResponseHeaders(), /*end=*/true);
  EXPECT_TRUE(wire.Next()->ends_stream());
  EXPECT_TRUE(wire.Next()->ends_stream());
  EXPECT_FALSE(wire.Next());
  EXPECT_TRUE(wire.raw.closed());
  EXPECT_EQ(wire.side.closes, 1);
  EXPECT_EQ(wire.side.error, "");
}

TEST(ConnectionWireTest, DrainDoesNotWaitLongForItsPing) {
  FakeLoop loop;
  Wire wire(loop, Role::kServer);
  wire.Greet();
  wire.side.connection().Drain();
  EXPECT_TRUE(wire.Next()->is(NGHTTP2_GOAWAY));
  EXPECT_TRUE(wire.Next()->is(NGHTTP2_PING));
  loop.Advance(1s - 1ms);
  EXPECT_TRUE(wire.NothingComes());
  EXPECT_EQ(wire.side.closes, 0);
  loop.Advance(1ms);
  EXPECT_TRUE(wire.Next()->is(NGHTTP2_GOAWAY));
  EXPECT_FALSE(wire.Next());
  EXPECT_EQ(wire.side.closes, 1);
}

}  // namespace
}  // namespace sidecar_shim::testing
