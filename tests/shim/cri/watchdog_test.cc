// A runtime that hangs as a whole, and one that is only slow: a real gRPC
// server, in virtual time, and once through the whole shim.
#include "shim/cri/watchdog.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <optional>
#include <string>

#include "shim/cri/unary_client.h"
#include "tests/support/fake_loop.h"
#include "tests/support/relay_support.h"

namespace sidecar_shim::testing {
namespace {

using ::testing::HasSubstr;
using namespace std::chrono_literals;

constexpr Duration kSilence = 30s;
constexpr Duration kQueryTimeout = 10s;

class WatchdogTest : public ::testing::Test {
 protected:
  // A call that the runtime does not answer is in flight.
  void SetUp() override {
    runtime_.Hang(Method("ExecSync"));
    runtime_.Start();
    client_.CallRaw(Method("ExecSync"), "", 1h,
                    [this](const grpc::Status& status, const std::string&) { ended_ = status; });
    ASSERT_TRUE(loop_.RunUntil([this] { return runtime_.Hanging() == 1; }));
  }

  bool Queried(size_t times) {
    return loop_.RunUntil([&] { return runtime_.Count(Method("Version")) == times; });
  }

  // The runtime has been silent for long enough, and answers the query.
  void QueryAndAnswer(size_t times) {
    loop_.Advance(kSilence);
    ASSERT_TRUE(Queried(times));
    ASSERT_TRUE(loop_.RunUntil([this] { return upstream_.last_activity() == loop_.Now(); }));
    EXPECT_FALSE(ended_);
  }

  TempDir dir_;
  FakeRuntime runtime_{dir_.File("runtime.sock")};
  FakeLoop loop_;
  Upstream upstream_{"unix://" + dir_.File("runtime.sock")};
  Watchdog watchdog_{loop_, upstream_, kSilence, kQueryTimeout};
  std::optional<grpc::Status> ended_;  // of the call
  UnaryClient client_{loop_, upstream_};
};

TEST_F(WatchdogTest, TwoUnansweredQueriesEndTheCalls) {
  runtime_.Hang(Method("Version"));
  loop_.Advance(kSilence - 1ns);
  EXPECT_EQ(runtime_.Count(Method("Version")), 0u);
  loop_.Advance(1ns);
  ASSERT_TRUE(Queried(1));
  loop_.Advance(kQueryTimeout);
  ASSERT_TRUE(Queried(2));
  loop_.Advance(kQueryTimeout - 1ns);
  EXPECT_FALSE(ended_);
  loop_.Advance(1ns);
  ASSERT_TRUE(loop_.RunUntil([this] { return ended_.has_value(); }));
  EXPECT_EQ(ended_->error_code(), grpc::StatusCode::UNAVAILABLE);
  EXPECT_THAT(ended_->error_message(), HasSubstr(dir_.File("runtime.sock")));
}

TEST_F(WatchdogTest, AnsweredQueryResetsTheCount) {
  runtime_.Hang(Method("Version"));
  loop_.Advance(kSilence);
  ASSERT_TRUE(Queried(1));
  loop_.Advance(kQueryTimeout);
  ASSERT_TRUE(Queried(2));
  runtime_.Release(Method("Version"));
  ASSERT_TRUE(loop_.RunUntil([this] { return upstream_.last_activity() == loop_.Now(); }));
  runtime_.Hang(Method("Version"));
  loop_.Advance(kSilence);
  ASSERT_TRUE(Queried(3));
  loop_.Advance(kQueryTimeout);
  ASSERT_TRUE(Queried(4));
  EXPECT_FALSE(ended_);
}

TEST_F(WatchdogTest, SlowCallIsLeftAlone) {
  for (size_t query = 1; query <= 3; ++query) QueryAndAnswer(query);
  runtime_.Release(Method("ExecSync"));
  ASSERT_TRUE(loop_.RunUntil([this] { return ended_.has_value(); }));
  EXPECT_EQ(ended_->error_code(), grpc::StatusCode::NOT_FOUND);
  loop_.Advance(1h);
  loop_.RunReady();
  EXPECT_EQ(runtime_.Count(Method("Version")), 3u) << "no call is in flight";
}

TEST_F(WatchdogTest, AnyAnswerIsASignOfLife) {
  // A separate image service does not know Version.
  runtime_.Fail(Method("Version"), grpc::Status(grpc::StatusCode::UNIMPLEMENTED, "unknown service"));
  for (size_t query = 1; query <= 3; ++query) QueryAndAnswer(query);
}

TEST(WatchdogInShimTest, CallsToAHungRuntimeFailAndNameIt) {
  constexpr std::chrono::milliseconds kShort{50};
  ShimSetup setup;
  setup.config.runtime_silence = kShort;
  setup.config.runtime_query_timeout = kShort;
  setup.RestartShim();
  for (const std::string& method : {Method("Version"), Method("ExecSync"), std::string(kUnknown)})
    setup.runtime.Hang(method);
  auto unary = setup.client.Begin(Method("ExecSync"), "");
  auto other = setup.client.Begin(kUnknown, "");
  for (const Answer& answer : {unary->Wait(), other->Wait()}) {
    EXPECT_EQ(answer.status.error_code(), grpc::StatusCode::UNAVAILABLE);
    EXPECT_THAT(answer.status.error_message(), HasSubstr(setup.config.runtime));
  }
  // A call that has failed for the caller is cancelled at the runtime.
  EXPECT_TRUE(Eventually([&] { return setup.runtime.CancelledWhileHanging() >= 2; }));
  setup.runtime.Release(Method("Version"));
  EXPECT_TRUE(Eventually([&] { return setup.client.Call(Method("Version"), "").status.ok(); }));
}

}  // namespace
}  // namespace sidecar_shim::testing
