// Windows, and peers that take little.
#include <gtest/gtest.h>

#include <functional>
#include <string>
#include <utility>

#include "shim/http2/limits.h"
#include "tests/support/fake_loop.h"
#include "tests/support/http2_side.h"

namespace sidecar_shim::testing {
namespace {

using http2::Closed;
using http2::kStreamWindow;

constexpr size_t kMebibyte = 1024 * 1024;

class ConnectionFlowTest : public ::testing::Test {
 protected:
  // Both sides know each other's windows.
  ConnectionFlowTest() {
    EXPECT_TRUE(Until([this] { return pair_.client.receipts > 0 && pair_.server.receipts > 0; }));
    Answer(0);
  }

  bool Until(const std::function<bool()>& condition) { return loop_.RunUntil(condition); }

  // Whole turns of a call on a stream of its own: what was on its way on the others has come.
  void Answer(size_t rounds) {
    const auto on_stream = std::exchange(pair_.server.on_stream, [](RecordedStream& served) {
      served.on_end = [&served] { served.stream->SendHeaders(ResponseHeaders(), /*end=*/true); };
    });
    for (size_t i = 0; i <= rounds; ++i) {
      const RecordedStream& asked = pair_.client.Open(/*end=*/true);
      EXPECT_TRUE(Until([&] { return asked.closes > 0; }));
    }
    pair_.server.on_stream = on_stream;
  }

  // A request of `size` bytes whose receiver gives nothing back.
  RecordedStream& AskUnread(size_t size) {
    const size_t before = pair_.server.streams();
    pair_.server.on_stream = [](RecordedStream& served) { served.consumes = false; };
    RecordedStream& asked = pair_.client.Open(/*end=*/false);
    asked.stream->SendData(Slice::CopyOf(std::string(size, 'x')));
    EXPECT_TRUE(Until([&] { return pair_.server.streams() > before; }));
    return asked;
  }

  FakeLoop loop_;
  Http2Pair pair_{loop_};
};

TEST_F(ConnectionFlowTest, WithheldConsumeStopsTheSenderAtItsWindow) {
  RecordedStream& asked = AskUnread(2 * kMebibyte);
  RecordedStream& served = pair_.server.stream(1);
  ASSERT_TRUE(Until([&] { return served.data.size() >= kStreamWindow; }));
  // Others are served meanwhile.
  Answer(5);
  EXPECT_EQ(served.data.size(), static_cast<size_t>(kStreamWindow));
  EXPECT_EQ(asked.sent, static_cast<size_t>(kStreamWindow));
  served.stream->Consume(kStreamWindow);
  ASSERT_TRUE(Until([&] { return served.data.size() >= 2 * kStreamWindow; }));
  Answer(5);
  EXPECT_EQ(served.data.size(), 2u * kStreamWindow);
  served.consumes = true;
  served.stream->Consume(kStreamWindow);
  asked.stream->SendEnd();
  ASSERT_TRUE(Until([&] { return served.ends > 0; }));
  EXPECT_EQ(served.data.size(), 2 * kMebibyte);
}

TEST_F(ConnectionFlowTest, TheClientsReceiverHoldsBackToo) {
  pair_.server.on_stream = [](RecordedStream& served) {
    served.stream->SendHeaders(ResponseHeaders(), /*end=*/false);
    served.stream->SendData(Slice::CopyOf(std::string(kMebibyte, 'x')));
    served.stream->SendEnd();
  };
  RecordedStream& asked = pair_.client.Open(/*end=*/true);
  asked.consumes = false;
  ASSERT_TRUE(Until([&] { return asked.data.size() >= kStreamWindow; }));
  Answer(5);
  EXPECT_EQ(asked.data.size(), static_cast<size_t>(kStreamWindow));
  asked.stream->Consume(kStreamWindow);
  ASSERT_TRUE(Until([&] { return asked.ends > 0; }));
  EXPECT_EQ(asked.data.size(), kMebibyte);
}

// Calls that nobody reads leave room for those that somebody does, as soon as they are given up.
TEST_F(ConnectionFlowTest, ReleasedStreamsGiveTheirBytesBackToTheConnection) {
  constexpr size_t kStreams = http2::kClientWindow / kStreamWindow;
  for (size_t i = 0; i < kStreams; ++i) AskUnread(kStreamWindow);
  ASSERT_TRUE(Until([&] {
    size_t received = 0;
    for (size_t i = 1; i <= kStreams; ++i) received += pair_.server.stream(i).data.size();
    return received == http2::kClientWindow;
  }));
  AskUnread(1000);
  Answer(5);
  EXPECT_EQ(pair_.server.stream(kStreams + 1).data, "");
  // nghttp2 opens a window by halves.
  for (size_t i = 1; i <= kStreams / 2; ++i) pair_.server.stream(i).Release();
  EXPECT_TRUE(Until([&] { return pair_.server.stream(kStreams + 1).data.size() == 1000; }));
}

TEST_F(ConnectionFlowTest, BytesOfAResetStreamAreGivenBackToTheConnection) {
  // Twice the connection's window, in streams that their receiver refuses at once.
  pair_.server.on_stream = [](RecordedStream& served) { served.consumes = false; };
  for (int i = 0; i < 128; ++i) {
    RecordedStream& asked = pair_.client.Open(/*end=*/false);
    asked.stream->SendData(Slice::CopyOf(std::string(kStreamWindow, 'x')));
    const size_t before = pair_.server.streams();
    ASSERT_TRUE(Until([&] { return pair_.server.streams() > before; }));
    pair_.server.stream(before).Reset(NGHTTP2_CANCEL);
    ASSERT_TRUE(Until([&] { return asked.closes > 0; }));
  }
  RecordedStream& asked = pair_.client.Open(/*end=*/false);
  asked.stream->SendData(Slice::CopyOf(std::string(kStreamWindow, 'x')));
  const size_t last = pair_.server.streams();
  EXPECT_TRUE(Until([&] {
    return pair_.server.streams() > last && pair_.server.stream(last).data.size() == kStreamWindow;
  }));
}

TEST_F(ConnectionFlowTest, ASideThatDoesNotReadHearsNothing) {
  pair_.server.connection().SetReading(false);
  const int receipts = pair_.server.receipts;
  RecordedStream& asked = pair_.client.Open(/*end=*/true);
  ASSERT_TRUE(Until([&] { return pair_.client.idles > 0; }));
  RunTurns(loop_);
  EXPECT_EQ(pair_.server.receipts, receipts);
  EXPECT_EQ(pair_.server.streams(), 1u);
  EXPECT_EQ(asked.closes, 0);
  pair_.server.connection().SetReading(true);
  EXPECT_TRUE(Until([&] { return pair_.server.streams() == 2; }));
}

// Nobody has asked, so nobody waits for it.
TEST_F(ConnectionFlowTest, ReliefIsToldOnlyToThoseWhoKnow) {
  pair_.server.connection().SetReading(false);
  RecordedStream& asked = pair_.client.Open(/*end=*/false);
  asked.stream->SendData(Slice::CopyOf(std::string(3 * kMebibyte, 'x')));
  asked.stream->SendEnd();
  ASSERT_TRUE(Until([&] { return asked.sent > 0; }));
  pair_.server.connection().SetReading(true);
  ASSERT_TRUE(Until([&] { return pair_.server.streams() == 2 && pair_.server.stream(1).ends > 0; }));
  EXPECT_EQ(pair_.client.reliefs, 0);
}

TEST_F(ConnectionFlowTest, WhatWaitsForWindowsCongestsToo) {
  RecordedStream& asked = AskUnread(http2::kMostWaiting + kStreamWindow + 1);
  ASSERT_TRUE(Until([&] { return pair_.server.stream(1).data.size() == kStreamWindow; }));
  EXPECT_TRUE(asked.stream->congested());
  Answer(5);
  EXPECT_EQ(pair_.client.reliefs, 0);
  pair_.server.stream(1).stream->Consume(kStreamWindow);
  ASSERT_TRUE(Until([&] { return pair_.client.reliefs == 1; }));
  EXPECT_FALSE(asked.stream->congested());
}

TEST_F(ConnectionFlowTest, AResetRelieves) {
  RecordedStream& asked = AskUnread(http2::kMostWaiting + 2 * kStreamWindow);
  ASSERT_TRUE(Until([&] { return pair_.server.stream(1).data.size() == kStreamWindow; }));
  EXPECT_TRUE(asked.stream->congested());
  asked.Reset(NGHTTP2_CANCEL);
  EXPECT_TRUE(Until([&] { return pair_.client.reliefs == 1; }));
  EXPECT_TRUE(Until([&] { return pair_.server.stream(1).closed_as(Closed::kReset); }));
}

}  // namespace
}  // namespace sidecar_shim::testing
