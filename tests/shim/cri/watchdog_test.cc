// A runtime that hangs as a whole, and one that only takes its time.
#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <string>

#include "tests/support/relay_support.h"

namespace sidecar_shim::testing {
namespace {

using ::testing::HasSubstr;

constexpr std::chrono::milliseconds kShort{50};

TEST(WatchdogTest, CallsToAHungRuntimeFailAndNameIt) {
  ShimSetup setup;
  setup.config.runtime_silence = kShort;
  setup.config.runtime_patience = kShort;
  setup.RestartShim();
  for (const std::string& method : {Method("Version"), Method("ExecSync"), std::string(kUnknown)})
    setup.runtime.Hang(method);
  auto unary = setup.client.Begin(Method("ExecSync"), "");
  auto other = setup.client.Begin(kUnknown, "");
  for (const Answer& answer : {unary->Wait(), other->Wait()}) {
    EXPECT_EQ(answer.status.error_code(), grpc::StatusCode::UNAVAILABLE);
    EXPECT_THAT(answer.status.error_message(), HasSubstr(setup.config.runtime));
  }
  // Nobody goes on with a call that the caller knows to have failed.
  EXPECT_TRUE(Eventually([&] { return setup.runtime.CancelledWhileHanging() >= 2; }));
  setup.runtime.Release(Method("Version"));
  EXPECT_TRUE(Eventually([&] { return setup.client.Call(Method("Version"), "").status.ok(); }));
}

TEST(WatchdogTest, SlowCallsAreLeftAlone) {
  ShimSetup setup;
  setup.config.runtime_silence = kShort;
  setup.config.runtime_patience = kPatience;
  setup.RestartShim();
  setup.runtime.Hang(Method("ExecSync"));
  setup.runtime.Hang(kUnknown);
  auto unary = setup.client.Begin(Method("ExecSync"), "");
  auto other = setup.client.Begin(kUnknown, "");
  ASSERT_TRUE(Eventually([&] { return setup.runtime.Hanging() == 2; }));
  ASSERT_TRUE(Eventually([&] { return setup.runtime.Count(Method("Version")) >= 3; }));
  EXPECT_EQ(setup.runtime.Hanging(), 2u);
  setup.runtime.Release(Method("ExecSync"));
  setup.runtime.Release(kUnknown);
  EXPECT_EQ(unary->Wait().status.error_code(), grpc::StatusCode::NOT_FOUND);
  EXPECT_EQ(other->Wait().status.error_code(), grpc::StatusCode::UNIMPLEMENTED);
}

TEST(WatchdogTest, AnyAnswerIsASignOfLife) {
  ShimSetup setup;
  setup.config.runtime_silence = kShort;
  setup.config.runtime_patience = kPatience;
  setup.RestartShim();
  // An image service of its own knows no Version.
  setup.runtime.Fail(Method("Version"), grpc::Status(grpc::StatusCode::UNIMPLEMENTED, "unknown service"));
  setup.runtime.Hang(Method("ExecSync"));
  auto call = setup.client.Begin(Method("ExecSync"), "");
  ASSERT_TRUE(Eventually([&] { return setup.runtime.Count(Method("Version")) >= 3; }));
  setup.runtime.Release(Method("ExecSync"));
  EXPECT_EQ(call->Wait().status.error_code(), grpc::StatusCode::NOT_FOUND);
}

}  // namespace
}  // namespace sidecar_shim::testing
