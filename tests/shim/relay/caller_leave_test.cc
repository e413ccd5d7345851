// Callers that go away without a word, at every point of a call. The runtime sees the call cancelled, and
// nothing is left.
#include <gtest/gtest.h>

#include <atomic>
#include <memory>
#include <string>

#include "tests/support/abuse_support.h"

namespace sidecar_shim::testing {
namespace {

enum class How { kDisconnect, kReset };

std::string OpenCall() { return HeaderFrames(1, RequestBlock(kUnknown)); }

class CallerLeaveTest : public ::testing::TestWithParam<How> {
 protected:
  // Ends the call on stream 1, and drops the connection or keeps it.
  static void Leave(std::unique_ptr<RawConnection>& caller) {
    if (GetParam() == How::kDisconnect) {
      caller.reset();
    } else {
      caller->Send(RstStreamFrame(1, NGHTTP2_CANCEL));
      EXPECT_TRUE(caller->Alive());
    }
  }

  // Lets calls of kUnknown stay open; writes until the end of the call where `answering`.
  void HoldCalls(bool answering = false) {
    setup_.shim().runtime.On(kUnknown, [this, answering](const std::shared_ptr<RawCall>& call) {
      call->on_cancelled = [this, call] {
        call->Finish(grpc::Status::CANCELLED);
        ++cancelled_;
      };
      ++started_;
      if (answering) WriteOn(call);
    });
  }
  static void WriteOn(const std::shared_ptr<RawCall>& call) {
    call->Write(std::string(10'000, 'a'), [call](bool ok) {
      if (ok) WriteOn(call);
    });
  }

  bool Started() {
    return Eventually([this] { return started_ == 1; });
  }
  void ExpectCancelledAndNothingLeft() {
    EXPECT_TRUE(Eventually([this] { return cancelled_ == started_; }));
    EXPECT_TRUE(setup_.NoLiveCalls());
    bystander_.Finish();
    setup_.ExpectShortLog();
  }

  // Before what the scripts, which run until the runtime is gone, refer to it.
  std::atomic<int> started_{0};
  std::atomic<int> cancelled_{0};
  AbuseSetup setup_;
  Bystander bystander_{setup_.socket()};
};

// Inside a header block no other frame is allowed, so RST_STREAM cannot be sent.
class CallerDisconnectTest : public CallerLeaveTest {};

TEST_P(CallerDisconnectTest, AfterHalfTheHeaders) {
  HoldCalls();
  auto caller = setup_.Connect();
  const std::string headers = OpenCall();
  caller->Send(headers.substr(0, headers.size() / 2));
  Leave(caller);
  ExpectCancelledAndNothingLeft();
  EXPECT_EQ(started_, 0);
}

TEST_P(CallerDisconnectTest, AfterHeadersWithoutTheirEnd) {
  HoldCalls();
  auto caller = setup_.Connect();
  caller->Send(FrameBytes(NGHTTP2_HEADERS, 0, 1, RequestBlock(kUnknown)));
  Leave(caller);
  ExpectCancelledAndNothingLeft();
  EXPECT_EQ(started_, 0);
}

TEST_P(CallerLeaveTest, AfterTheHeaders) {
  HoldCalls();
  auto caller = setup_.Connect();
  caller->Send(OpenCall());
  ASSERT_TRUE(Started());
  Leave(caller);
  ExpectCancelledAndNothingLeft();
}

TEST_P(CallerLeaveTest, AfterHalfAMessage) {
  HoldCalls();
  auto caller = setup_.Connect();
  const std::string message = GrpcMessage(std::string(100, 'm'));
  caller->Send(OpenCall() + DataFrame(1, message.substr(0, message.size() / 2)));
  ASSERT_TRUE(Started());
  Leave(caller);
  ExpectCancelledAndNothingLeft();
}

TEST_P(CallerLeaveTest, AfterHalfAMessageOfAUnaryCall) {
  auto caller = setup_.Connect();
  const std::string message = GrpcMessage(std::string(100, 'm'));
  setup_.shim().runtime.Hang(Method("ExecSync"));
  caller->Send(HeaderFrames(1, RequestBlock(Method("ExecSync"))) + DataFrame(1, message.substr(0, 50)));
  EXPECT_TRUE(caller->Alive());
  Leave(caller);
  ExpectCancelledAndNothingLeft();
  EXPECT_EQ(setup_.shim().runtime.Hanging(), 0u);
}

TEST_P(CallerLeaveTest, WhileTheRuntimeWorks) {
  for (const std::string& method : {std::string(kUnknown), Method("ExecSync"), Method("StartContainer")}) {
    setup_.shim().runtime.Hang(method);
    const size_t before = setup_.shim().runtime.CancelledWhileHanging();
    auto caller = setup_.Connect();
    caller->Send(RequestFrames(1, method));
    ASSERT_TRUE(Eventually([&] { return setup_.shim().runtime.Hanging() == 1; })) << method;
    Leave(caller);
    EXPECT_TRUE(Eventually([&] { return setup_.shim().runtime.CancelledWhileHanging() == before + 1; }));
  }
  ExpectCancelledAndNothingLeft();
}

TEST_P(CallerLeaveTest, WhileTheResponseRuns) {
  HoldCalls(/*answering=*/true);
  auto caller = setup_.Connect();
  caller->Send(OpenCall());
  ASSERT_TRUE(caller->ReadUntil([](const Frame& frame) { return frame.is(NGHTTP2_DATA); }));
  Leave(caller);
  ExpectCancelledAndNothingLeft();
}

std::string HowName(const ::testing::TestParamInfo<How>& info) {
  return info.param == How::kDisconnect ? "Disconnect" : "Reset";
}

INSTANTIATE_TEST_SUITE_P(By, CallerLeaveTest, ::testing::Values(How::kDisconnect, How::kReset), HowName);
INSTANTIATE_TEST_SUITE_P(By, CallerDisconnectTest, ::testing::Values(How::kDisconnect), HowName);

}  // namespace
}  // namespace sidecar_shim::testing
