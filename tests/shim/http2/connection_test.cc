// Messages between two sides of a connection.
#include "shim/http2/connection.h"

#include <gtest/gtest.h>

#include <algorithm>
#include <functional>
#include <string>
#include <vector>

#include "shim/http2/limits.h"
#include "tests/support/fake_loop.h"
#include "tests/support/http2_side.h"

namespace sidecar_shim::testing {
namespace {

using http2::Closed;

class ConnectionTest : public ::testing::Test {
 protected:
  bool Until(const std::function<bool()>& condition) { return loop_.RunUntil(condition); }

  FakeLoop loop_;
  Http2Pair pair_{loop_};
};

TEST_F(ConnectionTest, HeadersDataAndTrailersBothWays) {
  const Fields odd = {{"mine", "2"}, {"mine", "1"}, {"mine-bin", "\xff\x01"}, {"empty", ""}};
  RecordedStream& asked = pair_.client.Open(/*end=*/false, RequestHeaders(odd));
  asked.stream->SendData(Slice::CopyOf("one"));
  asked.stream->SendData(Slice::CopyOf("two"));
  asked.stream->SendTrailers(MakeBlock({{"last", "yes"}}));
  pair_.server.on_stream = [&](RecordedStream& served) {
    served.on_end = [&served, &odd] {
      served.stream->SendHeaders(ResponseHeaders(odd), /*end=*/false);
      served.stream->SendData(Slice::CopyOf("three"));
      served.stream->SendTrailers(MakeBlock({{"grpc-status", "0"}, {"mine", "3"}, {"mine", "3"}}));
    };
  };
  ASSERT_TRUE(Until([&] { return asked.closes > 0; }));
  const RecordedStream& served = pair_.server.stream(0);
  EXPECT_EQ(served.blocks, (std::vector<Fields>{FieldsOf(RequestHeaders(odd)), Fields{{"last", "yes"}}}));
  EXPECT_EQ(served.data, "onetwo");
  EXPECT_EQ(served.ends, 1);
  EXPECT_EQ(served.sent, 5u);
  EXPECT_TRUE(served.closed_as(Closed::kComplete));
  EXPECT_EQ(asked.blocks, (std::vector<Fields>{FieldsOf(ResponseHeaders(odd)),
                                               Fields{{"grpc-status", "0"}, {"mine", "3"}, {"mine", "3"}}}));
  EXPECT_EQ(asked.data, "three");
  EXPECT_EQ(asked.ends, 1);
  EXPECT_EQ(asked.sent, 6u);
  EXPECT_TRUE(asked.closed_as(Closed::kComplete));
  EXPECT_EQ(pair_.client.connection().open_streams(), 0u);
  EXPECT_EQ(pair_.server.connection().open_streams(), 0u);
}

// An answer without a message, to a request without one.
TEST_F(ConnectionTest, HeadersMayEndBothDirections) {
  pair_.server.on_stream = [](RecordedStream& served) {
    served.on_end = [&served] {
      served.stream->SendHeaders(ResponseHeaders({{"grpc-status", "5"}}), /*end=*/true);
    };
  };
  RecordedStream& asked = pair_.client.Open(/*end=*/true);
  ASSERT_TRUE(Until([&] { return asked.closes > 0; }));
  EXPECT_EQ(pair_.server.stream(0).blocks.size(), 1u);
  EXPECT_EQ(pair_.server.stream(0).ends, 1);
  EXPECT_EQ(asked.blocks, (std::vector<Fields>{FieldsOf(ResponseHeaders({{"grpc-status", "5"}}))}));
  EXPECT_EQ(asked.ends, 1);
  EXPECT_TRUE(asked.closed_as(Closed::kComplete));
}

TEST_F(ConnectionTest, EmptyDataIsNothingAndAnEndMayComeAlone) {
  pair_.server.on_stream = [](RecordedStream& served) {
    served.on_end = [&served] {
      served.stream->SendHeaders(ResponseHeaders(), /*end=*/false);
      served.stream->SendData(Slice());
      served.stream->SendEnd();
    };
  };
  RecordedStream& asked = pair_.client.Open(/*end=*/false);
  asked.stream->SendData(Slice());
  ASSERT_TRUE(Until([&] { return pair_.server.streams() == 1; }));
  EXPECT_EQ(pair_.server.stream(0).ends, 0);
  asked.stream->SendData(Slice());
  asked.stream->SendEnd();
  ASSERT_TRUE(Until([&] { return asked.closes > 0; }));
  EXPECT_EQ(asked.data, "");
  EXPECT_EQ(asked.ends, 1);
  EXPECT_EQ(asked.blocks.size(), 1u);
  EXPECT_TRUE(asked.closed_as(Closed::kComplete));
}

TEST_F(ConnectionTest, WhatFollowsTheEndIsNotSent) {
  RecordedStream& asked = pair_.client.Open(/*end=*/false);
  asked.stream->SendEnd();
  EXPECT_TRUE(asked.stream->ended());
  asked.stream->SendData(Slice::CopyOf("late"));
  asked.stream->SendTrailers(MakeBlock({{"late", "too"}}));
  ASSERT_TRUE(Until([&] { return pair_.server.streams() == 1 && pair_.server.stream(0).ends == 1; }));
  RecordedStream& served = pair_.server.stream(0);
  EXPECT_TRUE(served.stream->received_end());
  EXPECT_EQ(served.blocks.size(), 1u);
  EXPECT_EQ(served.data, "");
}

TEST_F(ConnectionTest, TenMebibytesEachWayAtOnce) {
  constexpr size_t kSize = 10 * 1024 * 1024;
  std::string up;
  std::string down;
  for (size_t i = 0; i < kSize; ++i) {
    up += static_cast<char>(i * 7 + i / 65'536);
    down += static_cast<char>(i * 11 + i / 65'536);
  }
  pair_.server.on_stream = [&down](RecordedStream& served) {
    served.stream->SendHeaders(ResponseHeaders(), /*end=*/false);
    served.stream->SendData(Slice::CopyOf(down));
    served.stream->SendTrailers(MakeBlock({{"grpc-status", "0"}}));
  };
  RecordedStream& asked = pair_.client.Open(/*end=*/false);
  // In pieces that match no frame.
  for (size_t at = 0; at < kSize; at += 12'345) {
    asked.stream->SendData(Slice::CopyOf(std::string_view(up).substr(at, 12'345)));
  }
  asked.stream->SendEnd();
  ASSERT_TRUE(Until([&] { return asked.closes > 0 && pair_.server.stream(0).closes > 0; }));
  EXPECT_TRUE(pair_.server.stream(0).data == up);
  EXPECT_TRUE(asked.data == down);
  EXPECT_EQ(asked.sent, kSize);
  EXPECT_TRUE(asked.closed_as(Closed::kComplete));
}

TEST_F(ConnectionTest, ManyStreamsAtOnceKeepApart) {
  constexpr int kStreams = 300;
  pair_.server.on_stream = [](RecordedStream& served) {
    served.on_end = [&served] {
      served.stream->SendHeaders(ResponseHeaders(), /*end=*/false);
      served.stream->SendData(Slice::CopyOf(served.data + "!"));
      served.stream->SendEnd();
    };
  };
  for (int i = 0; i < kStreams; ++i) {
    RecordedStream& asked = pair_.client.Open(/*end=*/false);
    asked.stream->SendData(Slice::CopyOf(std::to_string(i)));
    asked.stream->SendEnd();
  }
  EXPECT_EQ(pair_.client.connection().open_streams(), 300u);
  ASSERT_TRUE(Until([&] { return pair_.client.connection().open_streams() == 0; }));
  for (int i = 0; i < kStreams; ++i) {
    EXPECT_EQ(pair_.client.stream(static_cast<size_t>(i)).data, std::to_string(i) + "!");
  }
}

// Further ones wait with the client, and none is lost.
TEST_F(ConnectionTest, MoreStreamsThanAllowedAreServedInTurn) {
  constexpr size_t kStreams = http2::kMaxConcurrentStreams + 200;
  size_t most = 0;
  pair_.server.on_stream = [&](RecordedStream& served) {
    served.on_end = [&] {
      most = std::max(most, pair_.server.connection().open_streams());
      served.stream->SendHeaders(ResponseHeaders(), /*end=*/true);
    };
  };
  ASSERT_TRUE(Until([&] { return pair_.client.receipts > 0; }));  // its SETTINGS
  for (size_t i = 0; i < kStreams; ++i) pair_.client.Open(/*end=*/true);
  ASSERT_TRUE(Until([&] { return pair_.client.connection().open_streams() == 0; }));
  EXPECT_LE(most, http2::kMaxConcurrentStreams);
  for (size_t i = 0; i < kStreams; ++i) {
    ASSERT_TRUE(pair_.client.stream(i).closed_as(Closed::kComplete)) << i;
  }
}

TEST_F(ConnectionTest, TellsWhenAllIsWrittenAndNoStreamIsOpen) {
  pair_.server.on_stream = [](RecordedStream& served) {
    served.on_end = [&served] { served.stream->SendHeaders(ResponseHeaders(), /*end=*/true); };
  };
  ASSERT_TRUE(Until([&] { return pair_.client.idles > 0 && pair_.server.idles > 0; }));
  RecordedStream& asked = pair_.client.Open(/*end=*/false);
  ASSERT_TRUE(Until([&] { return pair_.server.streams() == 1; }));
  loop_.RunReady();
  const int idles = pair_.client.idles;
  asked.stream->SendEnd();
  ASSERT_TRUE(Until([&] { return asked.closes > 0; }));
  EXPECT_TRUE(Until([&] { return pair_.client.idles > idles; }));
}

// What a client opens before it is connected leaves with the preface.
TEST(UnconnectedTest, StreamsWaitForTheSocket) {
  FakeLoop loop;
  const auto [server_fd, client_fd] = SocketPair();
  Http2Side server(loop, http2::Role::kServer, server_fd);
  Http2Side client(loop, http2::Role::kClient, -1);
  RecordedStream& asked = client.Open(/*end=*/false);
  asked.stream->SendData(Slice::CopyOf("early"));
  asked.stream->SendEnd();
  RecordedStream& dropped = client.Open(/*end=*/true);
  dropped.Reset(NGHTTP2_CANCEL);
  EXPECT_TRUE(client.connection().AcceptsStreams());
  client.connection().Attach(client_fd);
  ASSERT_TRUE(loop.RunUntil([&] { return server.streams() > 0 && server.stream(0).ends == 1; }));
  EXPECT_EQ(server.stream(0).data, "early");
  EXPECT_EQ(dropped.closes, 0);
}

TEST(UnconnectedTest, CloseTellsItsStreams) {
  FakeLoop loop;
  Http2Side client(loop, http2::Role::kClient, -1);
  RecordedStream& asked = client.Open(/*end=*/true);
  client.connection().Close("connect: no such file");
  EXPECT_TRUE(asked.closed_as(Closed::kConnection));
  EXPECT_EQ(client.error, "connect: no such file");
  EXPECT_EQ(client.connection().error(), "connect: no such file");
  EXPECT_FALSE(client.connection().gave_up());
  EXPECT_FALSE(client.connection().AcceptsStreams());
}

}  // namespace
}  // namespace sidecar_shim::testing
