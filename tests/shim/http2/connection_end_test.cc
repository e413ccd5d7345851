// How streams end, and connections.
#include <gtest/gtest.h>

#include <functional>
#include <string>

#include "shim/http2/limits.h"
#include "tests/support/fake_loop.h"
#include "tests/support/http2_side.h"

namespace sidecar_shim::testing {
namespace {

using http2::Closed;

class ConnectionEndTest : public ::testing::Test {
 protected:
  bool Until(const std::function<bool()>& condition) { return loop_.RunUntil(condition); }

  // A stream that both sides know.
  RecordedStream& Begin() {
    const size_t before = pair_.server.streams();
    RecordedStream& asked = pair_.client.Open(/*end=*/false);
    EXPECT_TRUE(Until([&] { return pair_.server.streams() > before; }));
    return asked;
  }

  FakeLoop loop_;
  Http2Pair pair_{loop_};
};

TEST_F(ConnectionEndTest, AResetReachesTheOtherSideWithItsCode) {
  for (const uint32_t code : {NGHTTP2_NO_ERROR, NGHTTP2_INTERNAL_ERROR, NGHTTP2_CANCEL}) {
    RecordedStream& asked = Begin();
    RecordedStream& served = pair_.server.stream(pair_.server.streams() - 1);
    asked.Reset(code);
    ASSERT_TRUE(Until([&] { return served.closes > 0; }));
    EXPECT_TRUE(served.closed_as(Closed::kReset));
    EXPECT_EQ(served.code, code);
    EXPECT_EQ(asked.closes, 0);  // who resets hears no more
  }
  for (const uint32_t code : {NGHTTP2_NO_ERROR, NGHTTP2_REFUSED_STREAM, NGHTTP2_ENHANCE_YOUR_CALM}) {
    RecordedStream& asked = Begin();
    RecordedStream& served = pair_.server.stream(pair_.server.streams() - 1);
    served.Reset(code);
    ASSERT_TRUE(Until([&] { return asked.closes > 0; }));
    EXPECT_TRUE(asked.closed_as(Closed::kReset));
    EXPECT_EQ(asked.code, code);
    EXPECT_EQ(served.closes, 0);
  }
  EXPECT_TRUE(Until([&] { return pair_.server.connection().open_streams() == 0; }));
  EXPECT_EQ(pair_.server.closes + pair_.client.closes, 0);
}

TEST_F(ConnectionEndTest, AResetDropsWhatWaits) {
  RecordedStream& asked = Begin();
  pair_.server.stream(0).consumes = false;
  asked.stream->SendData(Slice::CopyOf(std::string(4 * http2::kStreamWindow, 'x')));
  asked.stream->SendEnd();
  asked.Reset(NGHTTP2_CANCEL);
  ASSERT_TRUE(Until([&] { return pair_.server.stream(0).closes > 0; }));
  EXPECT_EQ(pair_.server.stream(0).ends, 0);
  EXPECT_LT(pair_.server.stream(0).data.size(), 4u * http2::kStreamWindow);
}

TEST_F(ConnectionEndTest, ARefusedStreamHasNotBeenProcessed) {
  pair_.server.refuses = true;
  RecordedStream& asked = pair_.client.Open(/*end=*/true);
  ASSERT_TRUE(Until([&] { return asked.closes > 0; }));
  EXPECT_TRUE(asked.closed_as(Closed::kReset));
  EXPECT_EQ(asked.code, static_cast<uint32_t>(NGHTTP2_REFUSED_STREAM));
  EXPECT_EQ(pair_.server.streams(), 0u);
}

// The answer is complete: the caller need not send the rest of its request.
TEST_F(ConnectionEndTest, ResetAfterEndLetsTheAnswerThrough) {
  for (const bool trailers : {false, true}) {
    RecordedStream& asked = Begin();
    RecordedStream& served = pair_.server.stream(pair_.server.streams() - 1);
    served.stream->SendHeaders(ResponseHeaders(), /*end=*/false);
    served.stream->SendData(Slice::CopyOf(std::string(3 * http2::kStreamWindow, 'x')));
    served.stream->ResetAfterEnd(NGHTTP2_NO_ERROR);
    if (trailers) {
      served.stream->SendTrailers(MakeBlock({{"grpc-status", "0"}}));
    } else {
      served.stream->SendEnd();
    }
    ASSERT_TRUE(Until([&] { return asked.closes > 0 && served.closes > 0; }));
    EXPECT_EQ(asked.data.size(), 3u * http2::kStreamWindow);
    EXPECT_EQ(asked.ends, 1);
    EXPECT_EQ(asked.blocks.size(), trailers ? 2u : 1u);
    EXPECT_TRUE(asked.closed_as(Closed::kReset));
    EXPECT_EQ(asked.code, static_cast<uint32_t>(NGHTTP2_NO_ERROR));
  }
}

TEST_F(ConnectionEndTest, ResetAfterAnEndThatHasBeenSent) {
  RecordedStream& asked = Begin();
  RecordedStream& served = pair_.server.stream(0);
  served.stream->SendHeaders(ResponseHeaders(), /*end=*/true);
  ASSERT_TRUE(Until([&] { return asked.ends > 0; }));
  EXPECT_EQ(asked.closes, 0);
  served.stream->ResetAfterEnd(NGHTTP2_CANCEL);
  ASSERT_TRUE(Until([&] { return asked.closes > 0; }));
  EXPECT_TRUE(asked.closed_as(Closed::kReset));
  EXPECT_EQ(asked.code, static_cast<uint32_t>(NGHTTP2_CANCEL));
}

TEST_F(ConnectionEndTest, NoResetWhereThePeerHasEndedToo) {
  RecordedStream& asked = Begin();
  RecordedStream& served = pair_.server.stream(0);
  served.stream->SendHeaders(ResponseHeaders(), /*end=*/false);
  served.stream->ResetAfterEnd(NGHTTP2_CANCEL);
  asked.stream->SendEnd();
  ASSERT_TRUE(Until([&] { return served.ends > 0; }));
  served.stream->ResetAfterEnd(NGHTTP2_CANCEL);
  served.stream->SendEnd();
  ASSERT_TRUE(Until([&] { return asked.closes > 0 && served.closes > 0; }));
  EXPECT_TRUE(asked.closed_as(Closed::kComplete));
  EXPECT_TRUE(served.closed_as(Closed::kComplete));
}

TEST_F(ConnectionEndTest, ALossTellsEachStreamOnce) {
  for (int i = 0; i < 3; ++i) Begin();
  RecordedStream& released = Begin();
  released.Release();
  RecordedStream& complete = Begin();
  complete.stream->SendEnd();
  pair_.server.stream(4).stream->SendHeaders(ResponseHeaders(), /*end=*/true);
  ASSERT_TRUE(Until([&] { return complete.closes > 0; }));
  pair_.server.Destroy();
  ASSERT_TRUE(Until([&] { return pair_.client.closes > 0; }));
  EXPECT_EQ(pair_.client.error, "");  // it has closed, which is no mistake
  EXPECT_FALSE(pair_.client.connection().gave_up());
  for (size_t i = 0; i < 3; ++i) {
    for (Http2Side* const side : {&pair_.client, &pair_.server}) {
      const RecordedStream& stream = side->stream(i);
      EXPECT_EQ(stream.closes, 1) << i;
      EXPECT_TRUE(stream.closed_as(Closed::kConnection));
      EXPECT_EQ(stream.code, static_cast<uint32_t>(NGHTTP2_NO_ERROR));
    }
  }
  EXPECT_EQ(released.closes, 0);
  EXPECT_EQ(complete.closes, 1);
  EXPECT_TRUE(complete.closed_as(Closed::kComplete));
  EXPECT_EQ(pair_.client.closes, 1);
  EXPECT_FALSE(pair_.client.connection().AcceptsStreams());
  EXPECT_EQ(pair_.client.connection().open_streams(), 0u);
}

// Their observers may still talk to them; it means nothing.
TEST_F(ConnectionEndTest, StreamsOutliveTheirConnectionUntilReleased) {
  RecordedStream& asked = Begin();
  asked.consumes = false;
  pair_.server.stream(0).stream->SendHeaders(ResponseHeaders(), /*end=*/false);
  pair_.server.stream(0).stream->SendData(Slice::CopyOf("unconsumed"));
  ASSERT_TRUE(Until([&] { return asked.data.size() == 10; }));
  asked.stream->SendData(Slice::CopyOf("waits"));
  pair_.client.Destroy();
  EXPECT_TRUE(asked.closed_as(Closed::kConnection));
  http2::Stream& stream = *asked.stream;
  stream.SendHeaders(ResponseHeaders(), /*end=*/false);
  stream.SendData(Slice::CopyOf("more"));
  stream.Consume(5);
  stream.SendTrailers(MakeBlock({{"a", "b"}}));
  stream.SendEnd();
  stream.ResetAfterEnd(NGHTTP2_CANCEL);
  EXPECT_FALSE(stream.congested());
  asked.Reset(NGHTTP2_CANCEL);
  EXPECT_EQ(asked.closes, 1);
  ASSERT_TRUE(Until([&] { return pair_.server.closes > 0; }));
  pair_.server.stream(0).Release();
}

// The same with streams that the protocol has closed and their observer has not released.
TEST_F(ConnectionEndTest, CompleteStreamsStayUntilReleased) {
  RecordedStream& asked = Begin();
  asked.stream->SendEnd();
  pair_.server.stream(0).stream->SendHeaders(ResponseHeaders(), /*end=*/true);
  ASSERT_TRUE(Until([&] { return asked.closes > 0; }));
  asked.stream->SendData(Slice::CopyOf("late"));
  asked.stream->Consume(0);
  pair_.client.Destroy();
  EXPECT_EQ(asked.closes, 1);
  asked.Release();
}

TEST_F(ConnectionEndTest, CloseTellsStreamsFirstAndOnce) {
  RecordedStream& asked = Begin();
  asked.on_end = [] { FAIL() << "it has not ended"; };
  pair_.client.connection().Close("because");
  EXPECT_EQ(asked.closes, 1);
  EXPECT_EQ(pair_.client.closes, 1);
  EXPECT_EQ(pair_.client.error, "because");
  pair_.client.connection().Close("again");
  EXPECT_EQ(pair_.client.closes, 1);
  EXPECT_EQ(pair_.client.connection().error(), "because");
  EXPECT_TRUE(Until([&] { return pair_.server.closes == 1; }));
  EXPECT_EQ(pair_.server.stream(0).closes, 1);
}

TEST_F(ConnectionEndTest, DrainCompletesRunningStreamsAndCloses) {
  RecordedStream& asked = Begin();
  pair_.server.connection().Drain();
  pair_.server.connection().Drain();  // once is enough
  ASSERT_TRUE(Until([&] { return !pair_.client.connection().AcceptsStreams(); }));
  EXPECT_EQ(pair_.server.closes, 0);
  asked.stream->SendData(Slice::CopyOf("still"));
  asked.stream->SendEnd();
  ASSERT_TRUE(Until([&] { return pair_.server.stream(0).ends > 0; }));
  EXPECT_EQ(pair_.server.stream(0).data, "still");
  pair_.server.stream(0).stream->SendHeaders(ResponseHeaders(), /*end=*/true);
  ASSERT_TRUE(Until([&] { return pair_.server.closes > 0 && pair_.client.closes > 0; }));
  EXPECT_TRUE(asked.closed_as(Closed::kComplete));
  EXPECT_EQ(pair_.server.error, "");
  EXPECT_EQ(pair_.client.error, "");
  EXPECT_FALSE(pair_.server.connection().gave_up());
}

TEST_F(ConnectionEndTest, DrainOfAnIdleConnectionClosesIt) {
  ASSERT_TRUE(Until([&] { return pair_.client.receipts > 0 && pair_.server.receipts > 0; }));
  pair_.server.connection().Drain();
  ASSERT_TRUE(Until([&] { return pair_.server.closes > 0 && pair_.client.closes > 0; }));
  EXPECT_EQ(pair_.server.error, "");
}

}  // namespace
}  // namespace sidecar_shim::testing
