// One call through the relay on a loop of the test's time, between a caller and a runtime written by hand.
#include "shim/relay/call.h"

#include <gtest/gtest.h>

#include <chrono>
#include <functional>
#include <memory>
#include <optional>
#include <string>
#include <utility>

#include "shim/relay/grpc_wire.h"
#include "shim/relay/relay.h"
#include "tests/support/deflate.h"
#include "tests/support/fake_loop.h"
#include "tests/support/http2_side.h"
#include "tests/support/raw_runtime.h"
#include "tests/support/shim_under_test.h"

namespace sidecar_shim::testing {
namespace {

using namespace std::chrono_literals;

constexpr char kHandled[] = "/some.Service/Handled";
constexpr char kOther[] = "/some.Service/Other";
constexpr uint8_t kEndStream = NGHTTP2_FLAG_END_STREAM;

class CallTest : public ::testing::Test {
 protected:
  // Forwards when the test says so.
  struct Handler : CallHandler {
    explicit Handler(CallTest& its_test) : test(its_test) {}
    void OnRequest(RelayedCall& call) override {
      test.call_ = &call;
      test.request_ = call.request();
      if (test.forwards_at_once_) call.Forward();
    }
    void OnEnd(const grpc::Status& status) override { test.end_ = status; }
    void OnCancelled() override { test.cancelled_ = true; }
    CallTest& test;
  };

  CallTest() {
    HandlerTable handlers;
    handlers[kHandled] = [this] { return std::make_unique<Handler>(*this); };
    relay_.SetHandlers(std::move(handlers));
    const auto [served, raw] = SocketPair();
    relay_.Serve(served);
    caller_ = std::make_unique<RawConnection>(raw);
    caller_->Send(std::string(kPreface) + SettingsFrame());
  }

  void Ask(const std::string& path, const Fields& fields, const std::string& framed) {
    caller_->Send(HeaderFrames(1, RequestBlock(path, Block(fields))) + DataFrame(1, framed, kEndStream));
  }
  // Returns when the handler has the request.
  void AskHandler(const Fields& fields, const std::string& framed = WithPrefix("request")) {
    Ask(kHandled, fields, framed);
    ASSERT_TRUE(loop_.RunUntil([this] { return call_ != nullptr; }));
  }
  // The headers of the call as the runtime gets them; its bytes are in forwarded_.
  Frame Forwarded() {
    RunTurns(loop_);
    runtime_ = listener_.Accept();
    GreetCaller(*runtime_);
    Frame headers;
    loop_.RunUntil([&] {
      while (const std::optional<Frame> frame = runtime_->Read(0ms)) {
        if (frame->is(NGHTTP2_HEADERS)) headers = *frame;
        if (frame->is(NGHTTP2_DATA)) forwarded_ += frame->payload;
        if (frame->ends_stream()) return true;
      }
      return false;
    });
    return headers;
  }
  // The next frame of a stream that the caller gets.
  std::optional<Frame> Answered() {
    std::optional<Frame> frame;
    loop_.RunUntil([&] {
      while ((frame = caller_->Read(0ms)) && frame->stream == 0) {
      }
      return frame || caller_->closed();
    });
    return frame;
  }

  FakeLoop loop_;
  TempDir dir_;
  RawListener listener_{dir_.File("runtime.sock")};
  Upstream upstream_{"unix://" + dir_.File("runtime.sock")};
  Upstream images_{"unix://" + dir_.File("runtime.sock")};
  bool forwards_at_once_ = false;
  RelayedCall* call_ = nullptr;
  std::string request_;
  std::optional<grpc::Status> end_;
  bool cancelled_ = false;
  Relay relay_{loop_, upstream_, images_};
  std::unique_ptr<RawConnection> caller_;
  std::unique_ptr<RawConnection> runtime_;
  std::string forwarded_;
};

// Also where it is written as nobody would.
TEST_F(CallTest, ADeadlinePassesAsItIs) {
  Ask(kOther, {{"grpc-timeout", "00012345m"}}, WithPrefix("request"));
  EXPECT_EQ(Forwarded().field("grpc-timeout"), "00012345m");
  EXPECT_EQ(forwarded_, WithPrefix("request"));
}

TEST_F(CallTest, ADeadlinePassesAHandlerThatForwardsAtOnceAsItIs) {
  forwards_at_once_ = true;
  AskHandler({{"grpc-timeout", "00012345m"}});
  EXPECT_EQ(call_->deadline(), loop_.Now() + 12'345ms);
  EXPECT_EQ(Forwarded().field("grpc-timeout"), "00012345m");
}

TEST_F(CallTest, AHoldShortensTheDeadline) {
  AskHandler({{"mine", "1"}, {"grpc-timeout", "1S"}, {"mine", "2"}});
  EXPECT_EQ(request_, "request");
  loop_.Advance(300ms);
  call_->Forward();
  const Frame headers = Forwarded();
  EXPECT_EQ(headers.field("grpc-timeout"), "700000u");
  EXPECT_EQ(headers.fields.size(), 9u);  // no second one, and nothing is lost
  EXPECT_EQ(headers.fields[6].second + headers.fields[8].second, "12");
}

TEST_F(CallTest, AHoldBeyondTheDeadlineLeavesTheShortest) {
  AskHandler({{"grpc-timeout", "1S"}});
  loop_.Advance(2s);
  call_->Forward();
  EXPECT_EQ(Forwarded().field("grpc-timeout"), "1n");
}

TEST_F(CallTest, AHoldGivesNoDeadlineToACallWithoutOne) {
  AskHandler({});
  EXPECT_EQ(call_->deadline(), Time::max());
  loop_.Advance(1h);
  call_->Forward();
  EXPECT_EQ(Forwarded().field("grpc-timeout"), "");
}

TEST_F(CallTest, AnEndlessDeadlineIsNone) {
  AskHandler({{"grpc-timeout", "99999999H"}});
  EXPECT_EQ(call_->deadline(), Time::max());
  loop_.Advance(1s);
  call_->Forward();
  EXPECT_EQ(Forwarded().field("grpc-timeout"), "99999999H");
}

TEST_F(CallTest, ACompressedRequestIsUnderstoodAndForwardedAsItCame) {
  std::string framed = WithPrefix(Gzip("request"));
  framed[0] = 1;
  AskHandler({{"grpc-encoding", "gzip"}}, framed);
  EXPECT_EQ(request_, "request");
  loop_.Advance(1s);
  call_->Forward();
  EXPECT_EQ(Forwarded().field("grpc-encoding"), "gzip");
  EXPECT_EQ(forwarded_, framed);
}

TEST_F(CallTest, AChangedRequestIsNotCompressed) {
  std::string framed = WithPrefix(Gzip("request"));
  framed[0] = 1;
  AskHandler({{"grpc-encoding", "gzip"}}, framed);
  call_->ForwardChanged("another");
  Forwarded();
  EXPECT_EQ(forwarded_, WithPrefix("another"));
}

// The runtime must not answer in a way that the handler cannot read; who has no handler is left alone.
TEST_F(CallTest, UnknownCompressionIsOfferedOnlyWithoutAHandler) {
  AskHandler({{"grpc-accept-encoding", "snappy,gzip"}});
  call_->Forward();
  EXPECT_EQ(Forwarded().field("grpc-accept-encoding"), "");
}

TEST_F(CallTest, WhatAHandlerDoesNotSeeMayBeCompressedInAnyWay) {
  Ask(kOther, {{"grpc-accept-encoding", "snappy,gzip"}}, WithPrefix("request"));
  EXPECT_EQ(Forwarded().field("grpc-accept-encoding"), "snappy,gzip");
}

TEST_F(CallTest, WhatIsNotOneMessagePassesTheHandler) {
  const std::string framed = WithPrefix("one") + WithPrefix("two");
  Ask(kHandled, {}, framed);
  Forwarded();
  EXPECT_EQ(forwarded_, framed);
  EXPECT_EQ(call_, nullptr);
}

TEST_F(CallTest, AnAnswerOfTheShimsOwn) {
  AskHandler({});
  call_->Reply("own");
  const std::optional<Frame> headers = Answered();
  const std::optional<Frame> data = Answered();
  const std::optional<Frame> trailers = Answered();
  ASSERT_TRUE(headers && data && trailers);
  EXPECT_EQ(headers->field(":status"), "200");
  EXPECT_EQ(data->payload, WithPrefix("own"));
  EXPECT_EQ(trailers->field("grpc-status"), "0");
  EXPECT_TRUE(trailers->ends_stream());
  EXPECT_TRUE(loop_.RunUntil([this] { return relay_.live_calls() == 0; }));
  EXPECT_FALSE(cancelled_);
}

TEST_F(CallTest, ARefusalOfTheShimsOwn) {
  AskHandler({});
  call_->Fail(grpc::Status(grpc::StatusCode::FAILED_PRECONDITION, "not yet"));
  const std::optional<Frame> answer = Answered();
  ASSERT_TRUE(answer);
  EXPECT_EQ(answer->field("grpc-status"), "9");
  EXPECT_EQ(answer->field("grpc-message"), "not yet");
  EXPECT_TRUE(answer->ends_stream());
}

TEST_F(CallTest, ACancelledHoldIsTold) {
  AskHandler({});
  caller_->Send(RstStreamFrame(1, NGHTTP2_CANCEL));
  ASSERT_TRUE(loop_.RunUntil([this] { return cancelled_; }));
  EXPECT_FALSE(end_);
  EXPECT_TRUE(loop_.RunUntil([this] { return relay_.live_calls() == 0; }));
}

TEST_F(CallTest, ResetsPassInBothDirectionsWithTheirCode) {
  forwards_at_once_ = true;
  AskHandler({});
  Forwarded();
  runtime_->Send(RstStreamFrame(1, NGHTTP2_ENHANCE_YOUR_CALM));
  const std::optional<Frame> reset = Answered();
  ASSERT_TRUE(reset && reset->is(NGHTTP2_RST_STREAM));
  EXPECT_EQ(reset->code(), static_cast<uint32_t>(NGHTTP2_ENHANCE_YOUR_CALM));
  ASSERT_TRUE(end_);
  EXPECT_EQ(end_->error_code(), grpc::StatusCode::UNAVAILABLE);
}

}  // namespace
}  // namespace sidecar_shim::testing
