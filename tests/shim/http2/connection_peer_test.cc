// What a peer sends that no Connection would, and how much of it at once.
#include <gtest/gtest.h>

#include <chrono>
#include <functional>
#include <memory>
#include <optional>
#include <string>
#include <utility>
#include <vector>

#include "shim/http2/limits.h"
#include "tests/support/fake_loop.h"
#include "tests/support/http2_side.h"
#include "tests/support/loop_thread.h"
#include "tests/support/raw_connection.h"

namespace sidecar_shim::testing {
namespace {

using namespace std::chrono_literals;
using http2::Closed;
using http2::Role;

constexpr uint8_t kEndStream = NGHTTP2_FLAG_END_STREAM;

// A client whose server is written by hand.
class RawServerTest : public ::testing::Test {
 protected:
  RawServerTest() {
    raw_.Send(SettingsFrame());
    asked_ = &client_.Open(/*end=*/true);
  }

  // The server has the request.
  void Connect() {
    client_.connection().Attach(sockets_.first);
    RunTurns(loop_);
    EXPECT_TRUE(raw_.ReadPreface());
    raw_.Send(SettingsAck());  // from here on its windows hold
  }
  bool Until(const std::function<bool()>& condition) { return loop_.RunUntil(condition); }
  // The next RST_STREAM or GOAWAY; null where the client closes without.
  std::optional<Frame> Complaint() {
    std::optional<Frame> frame;
    Until([&] {
      while ((frame = raw_.Read(0ms)) && !frame->is(NGHTTP2_RST_STREAM) && !frame->is(NGHTTP2_GOAWAY)) {
      }
      return frame || raw_.closed();
    });
    return frame;
  }

  FakeLoop loop_;
  std::pair<int, int> sockets_ = SocketPair();
  Http2Side client_{loop_, Role::kClient, -1};
  RawConnection raw_{sockets_.second};
  RecordedStream* asked_ = nullptr;
};

TEST_F(RawServerTest, InformationalHeadersAreNotPassedOn) {
  Connect();
  raw_.Send(HeaderFrames(1, Block({{":status", "103"}, {"hint", "x"}})) + AnswerFrames(1, "m"));
  ASSERT_TRUE(Until([&] { return asked_->closes > 0; }));
  ASSERT_EQ(asked_->blocks.size(), 2u);
  EXPECT_EQ(asked_->blocks[0][0], (std::pair<std::string, std::string>(":status", "200")));
  EXPECT_EQ(asked_->data, GrpcMessage("m"));
  EXPECT_TRUE(asked_->closed_as(Closed::kComplete));
}

TEST_F(RawServerTest, EmptyDataFramesEndOrMeanNothing) {
  Connect();
  raw_.Send(HeaderFrames(1, ResponseBlock()) + DataFrame(1, "") + DataFrame(1, "a") + DataFrame(1, "") +
            DataFrame(1, "", kEndStream));
  ASSERT_TRUE(Until([&] { return asked_->closes > 0; }));
  EXPECT_EQ(asked_->data, "a");
  EXPECT_EQ(asked_->ends, 1);
}

TEST_F(RawServerTest, PaddingIsNoData) {
  Connect();
  const std::string padded = std::string(1, '\x04') + "data" + std::string(4, '\0');
  raw_.Send(HeaderFrames(1, ResponseBlock()) + DataFrame(1, padded, NGHTTP2_FLAG_PADDED | kEndStream));
  ASSERT_TRUE(Until([&] { return asked_->closes > 0; }));
  EXPECT_EQ(asked_->data, "data");
}

// Both are the stream's fault, not the connection's.
TEST_F(RawServerTest, AMalformedAnswerIsReset) {
  const std::string answers[] = {
      HeaderFrames(1, Block({{":status", "200"}, {"Upper", "x"}})),
      HeaderFrames(1, Block({{"content-type", "application/grpc"}})),
      HeaderFrames(1, ResponseBlock()) + HeaderFrames(1, Field(":status", "200"), kEndStream),
      HeaderFrames(1, ResponseBlock()) + HeaderFrames(1, Field("not-the-end", "x")),
      HeaderFrames(1, Field(":status", "103"), kEndStream),
      HeaderFrames(1, Block({{":status", "103"}})) + DataFrame(1, "early"),
  };
  Connect();
  uint32_t id = 1;
  for (std::string answer : answers) {
    RecordedStream& asked = id == 1 ? *asked_ : client_.Open(/*end=*/true);
    RunTurns(loop_);
    // The stream's number is in the same place in each frame.
    for (size_t at = 0; at < answer.size(); at += kFrameHeader + FromBigEndian(answer.substr(at, 3))) {
      answer.replace(at + 5, 4, BigEndian(id, 4));
    }
    raw_.Send(answer);
    const std::optional<Frame> complaint = Complaint();
    ASSERT_TRUE(complaint) << id;
    EXPECT_TRUE(complaint->is(NGHTTP2_RST_STREAM));
    EXPECT_EQ(complaint->stream, id);
    EXPECT_EQ(complaint->code(), static_cast<uint32_t>(NGHTTP2_PROTOCOL_ERROR));
    ASSERT_TRUE(Until([&] { return asked.closes > 0; }));
    EXPECT_TRUE(asked.closed_as(Closed::kReset));
    EXPECT_EQ(asked.ends, 0);
    EXPECT_EQ(asked.data, "");
    id += 2;
  }
  EXPECT_EQ(client_.closes, 0);
}

// The server answers and leaves. That it takes no more is no reason to lose what it has said.
TEST_F(RawServerTest, AnAnswerIsReadAlthoughItsSenderHasClosed) {
  Connect();
  const std::string message(350'000, 'm');
  std::string answer = HeaderFrames(1, ResponseBlock());
  for (size_t at = 0; at < message.size(); at += 10'000) answer += DataFrame(1, message.substr(at, 10'000));
  answer += HeaderFrames(1, Field("grpc-status", "0"), kEndStream);
  // As much as the socket takes; the rest while the first of it is being read.
  raw_.Send(answer, 0ms);
  asked_->on_data = [this, closed = false]() mutable {
    if (std::exchange(closed, true)) return;
    EXPECT_TRUE(raw_.Send("", 0ms));
    raw_.Abort();
    client_.Open(/*end=*/true);  // has something to write
  };
  ASSERT_TRUE(Until([&] { return client_.closes > 0; }));
  EXPECT_EQ(asked_->data.size(), message.size());
  EXPECT_TRUE(asked_->closed_as(Closed::kComplete));
  EXPECT_EQ(client_.error, "");
}

// What the server has not processed may be asked elsewhere; what it has is answered.
TEST_F(RawServerTest, GoAwayRefusesTheStreamsBeyondIt) {
  RecordedStream& beyond = client_.Open(/*end=*/true);
  Connect();
  ASSERT_TRUE(Until([&] { return client_.receipts > 0; }));
  raw_.Send(GoAwayFrame(1, NGHTTP2_NO_ERROR));
  ASSERT_TRUE(Until([&] { return beyond.closes > 0; }));
  EXPECT_TRUE(beyond.closed_as(Closed::kReset));
  EXPECT_EQ(beyond.code, static_cast<uint32_t>(NGHTTP2_REFUSED_STREAM));
  EXPECT_FALSE(client_.connection().AcceptsStreams());
  EXPECT_EQ(asked_->closes, 0);
  raw_.Send(AnswerFrames(1));
  ASSERT_TRUE(Until([&] { return client_.closes > 0; }));
  EXPECT_TRUE(asked_->closed_as(Closed::kComplete));
  EXPECT_EQ(client_.error, "");
}

// Beyond what nghttp2 takes of a field the whole connection ends; whose answer it was is told.
TEST_F(RawServerTest, AFieldThatIsTooLargeNamesItsStream) {
  RecordedStream& innocent = client_.Open(/*end=*/true);
  Connect();
  raw_.Send(HeaderFrames(1, ResponseBlock()) +
            HeaderFrames(1, Field("grpc-message", std::string(70'000, 'e')), kEndStream));
  ASSERT_TRUE(Until([&] { return client_.closes > 0; }));
  EXPECT_TRUE(client_.connection().gave_up());
  EXPECT_TRUE(asked_->closed_as(Closed::kConnection));
  EXPECT_EQ(asked_->code, static_cast<uint32_t>(NGHTTP2_COMPRESSION_ERROR));
  EXPECT_TRUE(innocent.closed_as(Closed::kConnection));
  EXPECT_EQ(innocent.code, static_cast<uint32_t>(NGHTTP2_NO_ERROR));
}

TEST_F(RawServerTest, ABrokenFrameEndsTheConnectionWithGoAway) {
  Connect();
  raw_.Send(FrameBytes(NGHTTP2_PING, 0, 0, "short"));
  const std::optional<Frame> complaint = Complaint();
  ASSERT_TRUE(complaint && complaint->is(NGHTTP2_GOAWAY));
  EXPECT_EQ(complaint->code(), static_cast<uint32_t>(NGHTTP2_FRAME_SIZE_ERROR));
  ASSERT_TRUE(Until([&] { return client_.closes > 0; }));
  EXPECT_TRUE(client_.connection().gave_up());
  EXPECT_NE(client_.error, "");
  EXPECT_EQ(asked_->closes, 1);
}

TEST(RawClientTest, HeadersOfNoStreamAreAProtocolError) {
  FakeLoop loop;
  const auto [fd, peer] = SocketPair();
  Http2Side server(loop, Role::kServer, fd);
  RawConnection raw(peer);
  raw.Send(std::string(kPreface) + SettingsFrame() + HeaderFrames(0, RequestBlock("/a.B/C")));
  ASSERT_TRUE(loop.RunUntil([&] { return server.closes > 0; }));
  EXPECT_EQ(raw.WaitForEnd().go_away, static_cast<uint32_t>(NGHTTP2_PROTOCOL_ERROR));
}

// One read may hold very many new streams. Who comes meanwhile does not wait for all of them.
TEST(NewStreamsTest, OthersAreServedInBetween) {
  constexpr int kFlood = 1000;
  const auto [flooded_fd, flooding] = SocketPair();
  const auto [calm_fd, calm] = SocketPair();
  RawConnection flood(flooding);
  RawConnection other(calm);
  const std::string headers = RequestBlock("/a.B/C");
  std::string requests = std::string(kPreface) + SettingsFrame();
  for (uint32_t i = 0; i < kFlood; ++i) requests += HeaderFrames(2 * i + 1, headers, kEndStream);
  other.Send(std::string(kPreface) + SettingsFrame());
  LoopThread loop;
  std::unique_ptr<Http2Side> flooded;
  std::unique_ptr<Http2Side> served;
  size_t before = 0;  // streams of the flood when the other's came
  loop.Do([&, flooded_fd = flooded_fd, calm_fd = calm_fd] {
    flooded = std::make_unique<Http2Side>(loop.loop(), Role::kServer, flooded_fd);
    served = std::make_unique<Http2Side>(loop.loop(), Role::kServer, calm_fd);
    flooded->on_stream = [&, sent = false](RecordedStream&) mutable {
      if (!std::exchange(sent, true)) other.Send(HeaderFrames(1, headers, kEndStream));
    };
    served->on_stream = [&](RecordedStream&) { before = flooded->streams(); };
  });
  // In one piece: the loop does not read before all is there.
  loop.Do([&] { flood.Send(requests, 0ms); });
  EXPECT_TRUE(Eventually([&] {
    size_t streams = 0;
    flood.Read(0ms);  // sends what is left
    loop.Do([&] { streams = flooded->streams() + served->streams(); });
    return streams == kFlood + 1;
  }));
  // A turn goes beyond its budget by what a piece of the bytes holds.
  EXPECT_LT(before, static_cast<size_t>(kFlood) / 2);
  EXPECT_GT(before, 0u);
  loop.Do([&] {
    flooded.reset();
    served.reset();
  });
}

}  // namespace
}  // namespace sidecar_shim::testing
