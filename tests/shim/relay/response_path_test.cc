#include "shim/relay/response_path.h"

#include <gtest/gtest.h>

#include <functional>
#include <memory>
#include <optional>
#include <string>
#include <string_view>
#include <utility>
#include <vector>

#include "shim/http2/limits.h"
#include "shim/relay/grpc_wire.h"
#include "tests/support/deflate.h"
#include "tests/support/fake_loop.h"
#include "tests/support/http2_side.h"

namespace sidecar_shim::testing {
namespace {

struct RecordingHandler : CallHandler {
  explicit RecordingHandler(ResponseWanted what) : wanted(what) {}
  ResponseWanted Response() override { return wanted; }
  bool HoldResponse(std::string_view response, std::function<void()> then) override {
    if (response != held) return false;
    release = std::move(then);
    return true;
  }
  std::optional<std::string> OnResponse(std::string_view response) override {
    seen.emplace_back(response);
    return replacement;
  }

  const ResponseWanted wanted;
  std::string held = "no such message";
  std::function<void()> release;
  std::optional<std::string> replacement;
  std::vector<std::string> seen;
};

class ResponsePathTest : public ::testing::Test, public ResponseSink {
 protected:
  ResponsePathTest() {
    asked_ = &pair_.client.Open(/*end=*/true);
    EXPECT_TRUE(loop_.RunUntil([this] { return pair_.server.streams() == 1; }));
    served_ = &pair_.server.stream(0);
  }

  void Begin(CallHandler* handler, bool unary, const Fields& more = {}) {
    path_.Begin(ResponseHeaders(more), handler, unary);
  }
  void Data(std::string_view bytes) {
    path_.OnData(Slice::CopyOf(bytes));
    given_ += bytes.size();
  }
  void End(const Fields& trailers) {
    const http2::HeaderBlock block = MakeBlock(trailers);
    path_.OnEnd(&block);
  }
  // What the caller has by now.
  const std::string& Arrived() {
    RunTurns(loop_);
    path_.OnSent(std::exchange(served_->sent, 0));
    return asked_->data;
  }
  void CallerLeaves() {
    served_->Release();
    path_.Release();
  }

  void ExpectCompressedToPass(const RecordingHandler& handler) {
    std::string framed = WithPrefix(Gzip("plain text"));
    framed[0] = 1;
    const std::string plain = WithPrefix("not compressed");
    Data(framed);
    Data(plain);
    EXPECT_EQ(handler.seen, (std::vector<std::string>{"plain text", "not compressed"}));
    EXPECT_EQ(Arrived(), framed + plain);
  }

  http2::Stream* caller() override { return served_->stream; }
  void ConsumeResponse(size_t bytes) override { consumed_ += bytes; }
  void OnCallerCongested() override { ++congestions_; }
  void OnResponseEnd(const grpc::Status& status) override { ends_.push_back(status); }

  FakeLoop loop_;
  Http2Pair pair_{loop_};
  RecordedStream* asked_ = nullptr;
  RecordedStream* served_ = nullptr;
  size_t given_ = 0;
  size_t consumed_ = 0;
  int congestions_ = 0;
  std::vector<grpc::Status> ends_;
  ResponsePath path_{*this};
};

TEST_F(ResponsePathTest, WithoutAHandlerPiecesPassAsTheyCome) {
  EXPECT_FALSE(path_.begun());
  Begin(nullptr, /*unary=*/true);
  EXPECT_TRUE(path_.begun());
  Data("no gRPC ");
  EXPECT_EQ(consumed_, 0u);  // not before it has left
  EXPECT_EQ(Arrived(), "no gRPC ");
  EXPECT_EQ(consumed_, given_);
  Data("at all");
  EXPECT_FALSE(path_.ended());
  End({{"grpc-status", "5"}, {"mine", "1"}});
  EXPECT_TRUE(path_.ended());
  EXPECT_EQ(Arrived(), "no gRPC at all");
  EXPECT_EQ(consumed_, given_);
  EXPECT_EQ(asked_->blocks.at(1), (Fields{{"grpc-status", "5"}, {"mine", "1"}}));
  ASSERT_EQ(ends_.size(), 1u);
}

TEST_F(ResponsePathTest, AnEndWithoutTrailersStaysOne) {
  RecordingHandler handler(ResponseWanted::kObserve);
  Begin(&handler, /*unary=*/true);
  path_.OnEnd(nullptr);
  Arrived();
  EXPECT_EQ(asked_->ends, 1);
  EXPECT_EQ(asked_->blocks.size(), 1u);
  ASSERT_EQ(ends_.size(), 1u);
  EXPECT_EQ(ends_[0].error_code(), grpc::StatusCode::UNKNOWN);
}

TEST_F(ResponsePathTest, AnObserverSeesMessagesHoweverTheyAreCut) {
  RecordingHandler handler(ResponseWanted::kObserve);
  handler.replacement = "ignored";
  Begin(&handler, /*unary=*/false);
  const std::string bytes = WithPrefix("one") + WithPrefix("") + WithPrefix("three") + WithPrefix("4");
  for (const char byte : bytes.substr(0, 20)) Data(std::string(1, byte));
  Data(bytes.substr(20));
  EXPECT_EQ(handler.seen, (std::vector<std::string>{"one", "", "three", "4"}));
  EXPECT_EQ(Arrived(), bytes);
  EXPECT_EQ(consumed_, given_);
  End({{"grpc-status", "0"}});
  EXPECT_TRUE(ends_.at(0).ok());
}

TEST_F(ResponsePathTest, AUnaryMessageIsReplacedAtItsEnd) {
  RecordingHandler handler(ResponseWanted::kWhole);
  handler.replacement = "another";
  Begin(&handler, /*unary=*/true);
  Data(WithPrefix("message").substr(0, 6));
  Data(WithPrefix("message").substr(6));
  EXPECT_EQ(Arrived(), "");
  EXPECT_EQ(consumed_, given_);  // the runtime need not wait
  EXPECT_TRUE(handler.seen.empty());
  End({{"grpc-status", "0"}});
  EXPECT_EQ(handler.seen, (std::vector<std::string>{"message"}));
  EXPECT_EQ(Arrived(), WithPrefix("another"));
  EXPECT_EQ(asked_->ends, 1);
}

// Then a message means nothing to the handler, and passes.
TEST_F(ResponsePathTest, AFailedUnaryCallsMessageIsNotShown) {
  RecordingHandler handler(ResponseWanted::kWhole);
  handler.replacement = "another";
  Begin(&handler, /*unary=*/true);
  Data(WithPrefix("message"));
  End({{"grpc-status", "13"}, {"grpc-message", "oh%20no"}});
  EXPECT_TRUE(handler.seen.empty());
  EXPECT_EQ(Arrived(), WithPrefix("message"));
  EXPECT_EQ(ends_.at(0).error_code(), grpc::StatusCode::INTERNAL);
  EXPECT_EQ(ends_.at(0).error_message(), "oh no");
}

TEST_F(ResponsePathTest, AStreamsMessagesGoOnOneByOneAndWaitWhileOneIsHeld) {
  RecordingHandler handler(ResponseWanted::kWhole);
  handler.held = "two";
  Begin(&handler, /*unary=*/false);
  Data(WithPrefix("one"));
  EXPECT_EQ(Arrived(), WithPrefix("one"));
  Data(WithPrefix("two"));
  const size_t before = consumed_;
  Data(WithPrefix("three"));
  End({{"grpc-status", "0"}});
  EXPECT_EQ(Arrived(), WithPrefix("one"));
  EXPECT_EQ(consumed_, before);  // its window holds the runtime back
  EXPECT_EQ(asked_->ends, 0);
  EXPECT_TRUE(ends_.empty());
  const std::function<void()> release = handler.release;
  release();
  EXPECT_EQ(consumed_, given_);
  EXPECT_EQ(Arrived(), WithPrefix("one") + WithPrefix("two") + WithPrefix("three"));
  EXPECT_EQ(handler.seen, (std::vector<std::string>{"one", "two", "three"}));
  EXPECT_EQ(asked_->ends, 1);
  EXPECT_EQ(ends_.size(), 1u);
  release();  // means nothing any more
  EXPECT_EQ(handler.seen.size(), 3u);
}

// The handler learns what the runtime has done, although nobody waits for it.
TEST_F(ResponsePathTest, WhatIsHeldIsShownWhenTheCallerLeaves) {
  RecordingHandler handler(ResponseWanted::kWhole);
  handler.held = "message";
  Begin(&handler, /*unary=*/true);
  Data(WithPrefix("message"));
  End({{"grpc-status", "0"}});
  EXPECT_TRUE(handler.seen.empty());
  CallerLeaves();
  EXPECT_EQ(handler.seen, (std::vector<std::string>{"message"}));
  EXPECT_EQ(ends_.size(), 1u);
}

TEST_F(ResponsePathTest, WithoutACallerBytesAreGivenBackAtOnce) {
  Begin(nullptr, /*unary=*/true);
  CallerLeaves();
  Data(std::string(1000, 'x'));
  EXPECT_EQ(consumed_, 1000u);
}

TEST_F(ResponsePathTest, AReleaseMayComeAfterThePathIsGone) {
  RecordingHandler handler(ResponseWanted::kWhole);
  handler.held = "message";
  auto path = std::make_unique<ResponsePath>(*this);
  path->Begin(ResponseHeaders(), &handler, /*unary=*/false);
  path->OnData(Slice::CopyOf(WithPrefix("message")));
  ASSERT_TRUE(handler.release);
  path.reset();
  handler.release();
  EXPECT_TRUE(handler.seen.empty());
}

TEST_F(ResponsePathTest, CompressedMessagesAreShownPlainAndPassAsTheyAre) {
  RecordingHandler handler(ResponseWanted::kObserve);
  Begin(&handler, /*unary=*/false, {{"grpc-encoding", "gzip"}});
  ExpectCompressedToPass(handler);
}

TEST_F(ResponsePathTest, CompressedMessagesThatMayBeHeldPassToo) {
  RecordingHandler handler(ResponseWanted::kWhole);
  Begin(&handler, /*unary=*/false, {{"grpc-encoding", "gzip"}});
  ExpectCompressedToPass(handler);
}

TEST_F(ResponsePathTest, WhatIsNoWholeMessageGoesOnAsItCame) {
  RecordingHandler handler(ResponseWanted::kWhole);
  Begin(&handler, /*unary=*/true);
  Data(WithPrefix("message") + WithPrefix("cut").substr(0, 6));
  End({{"grpc-status", "0"}});
  EXPECT_EQ(handler.seen, (std::vector<std::string>{"message"}));
  EXPECT_EQ(Arrived(), WithPrefix("message") + WithPrefix("cut").substr(0, 6));
}

TEST_F(ResponsePathTest, ACongestedCallerIsReported) {
  Begin(nullptr, /*unary=*/false);
  pair_.client.connection().SetReading(false);
  Data(std::string(1024 * 1024, 'x'));
  RunTurns(loop_);
  EXPECT_EQ(congestions_, 0);
  Data(std::string(http2::kMostWaiting, 'x'));
  EXPECT_EQ(congestions_, 1);
}

}  // namespace
}  // namespace sidecar_shim::testing
