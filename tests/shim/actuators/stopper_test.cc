// The steps and times of stopping a sidecar, in virtual time.
#include "shim/actuators/stopper.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <string>

#include "absl/strings/str_cat.h"
#include "tests/support/actuator_support.h"
#include "tests/support/log_capture.h"

namespace sidecar_shim::testing {
namespace {

using ::testing::HasSubstr;
using namespace std::chrono_literals;

class StopperTest : public ActuatorTest {
 protected:
  // The runtime reports that "agent" is this old, runs as this process and has this
  // preStop hook.
  void Stop(Duration age, const std::string& hook = "", Duration grace = 30s) {
    stopper_.Stop({kAgent, grace, /*run_pre_stop=*/true});
    runtime::v1::ContainerStatusResponse response = StatusOfAgent(age);
    if (!hook.empty()) {
      (*response.mutable_status()->mutable_annotations())["io.kubernetes.container.preStopHandler"] = hook;
    }
    (*response.mutable_info())["info"] = R"({"pid": 4711})";
    runtime_.statuses.Answer(response);
  }

  void AnswerExited(int code) {
    runtime::v1::ContainerStatusResponse response = StatusOfAgent(0s);
    response.mutable_status()->set_state(runtime::v1::CONTAINER_EXITED);
    response.mutable_status()->set_exit_code(code);
    runtime_.statuses.Answer(response);
  }

  const LogCapture log_;
  bool handles_sigterm_ = true;
  int checked_pid_ = 0;
  Stopper stopper_{loop_, driver_, runtime_, http_, node_address_, [this](int pid) {
                     checked_pid_ = pid;
                     return handles_sigterm_;
                   }};
};

TEST_F(StopperTest, ProcessThatHandlesSigtermIsStoppedAtOnce) {
  Stop(0s);
  ASSERT_FALSE(runtime_.stops.empty());
  EXPECT_EQ(checked_pid_, 4711);
  EXPECT_EQ(runtime_.stops.front().container, kAgent);
  EXPECT_EQ(runtime_.stops.front().grace, Duration(30s));
}

TEST_F(StopperTest, YoungProcessIsStoppedOnceItHandlesSigterm) {
  handles_sigterm_ = false;
  Stop(1s);
  loop_.Advance(3s);
  EXPECT_TRUE(runtime_.stops.empty());
  handles_sigterm_ = true;
  loop_.Advance(10ms);
  ASSERT_FALSE(runtime_.stops.empty());
  EXPECT_EQ(runtime_.stops.front().grace, Duration(30s - 3010ms));
}

TEST_F(StopperTest, ProcessWithoutHandlerIsStoppedOnceItIsOldEnough) {
  handles_sigterm_ = false;
  Stop(1s);
  loop_.Advance(3990ms);
  EXPECT_TRUE(runtime_.stops.empty());
  loop_.Advance(10ms);
  EXPECT_FALSE(runtime_.stops.empty());
}

TEST_F(StopperTest, OldProcessIsNotWaitedFor) {
  handles_sigterm_ = false;
  Stop(5s);
  EXPECT_FALSE(runtime_.stops.empty());
}

TEST_F(StopperTest, ExecHookComesFirstAndTakesFromTheGracePeriod) {
  Stop(1h, R"({"exec": {"command": ["/bin/flush", "now"]}})", 7s);
  ASSERT_FALSE(runtime_.execs.empty());
  EXPECT_EQ(runtime_.execs.front().command, (std::vector<std::string>{"/bin/flush", "now"}));
  EXPECT_EQ(runtime_.execs.front().timeout, Duration(7s));
  loop_.Advance(4s);
  EXPECT_TRUE(runtime_.stops.empty());
  runtime_.AnswerExec(0);
  ASSERT_FALSE(runtime_.stops.empty());
  EXPECT_EQ(runtime_.stops.front().grace, Duration(3s));
}

TEST_F(StopperTest, HookLeavesTwoSecondsAtLeast) {
  Stop(1h, R"({"exec": {"command": ["/bin/flush"]}})", 7s);
  loop_.Advance(7s);
  runtime_.AnswerExec(1);
  ASSERT_FALSE(runtime_.stops.empty());
  EXPECT_EQ(runtime_.stops.front().grace, Duration(2s));
}

TEST_F(StopperTest, SleepHookLastsAsLongAsItSaysWithinTheGracePeriod) {
  Stop(1h, R"({"sleep": {"seconds": 5}})");
  loop_.Advance(4999ms);
  EXPECT_TRUE(runtime_.stops.empty());
  loop_.Advance(1ms);
  ASSERT_FALSE(runtime_.stops.empty());
  EXPECT_EQ(runtime_.stops.front().grace, Duration(25s));
}

TEST_F(StopperTest, HttpHookGoesToThePodsAddress) {
  Stop(1h, R"({"httpGet": {"path": "/bye", "port": 8080}})");
  ASSERT_FALSE(runtime_.sandbox_statuses.empty());
  EXPECT_EQ(runtime_.sandbox_statuses.front(), kSandbox);
  runtime_.sandbox_statuses.Answer(SandboxStatus("192.0.2.1"));
  ASSERT_EQ(http_.pending(), 1u);
  EXPECT_EQ(http_.front().url, "http://192.0.2.1:8080/bye");
  EXPECT_EQ(http_.front().timeout, Duration(30s));
  EXPECT_TRUE(runtime_.stops.empty());
  http_.Answer(200, "");
  EXPECT_FALSE(runtime_.stops.empty());
}

TEST_F(StopperTest, LogLinesNamePodAndContainer) {
  const std::string name = "pod=default/pod-1 container=agent";
  stopper_.Stop({kAgent, 30s, /*run_pre_stop=*/true});
  runtime_.statuses.Fail("gone");
  EXPECT_THAT(log_.text(), HasSubstr(absl::StrCat("cannot read preStop hook: ", name, " error=gone\n")));
  Stop(1h, R"({"exec": {"command": ["/bin/flush"]}})");
  runtime_.AnswerExec(3);
  EXPECT_THAT(log_.text(),
              HasSubstr(absl::StrCat("stopping the container anyway: ", name, " error=exit code 3\n")));
  runtime_.stops.Fail("busy");
  EXPECT_THAT(log_.text(),
              HasSubstr(absl::StrCat("stopping sidecar failed, to be retried: ", name, " error=busy\n")));
  Stop(1h);
  loop_.Advance(1500ms);
  runtime_.stops.Answer({});
  AnswerExited(143);
  EXPECT_THAT(log_.text(),
              HasSubstr(absl::StrCat("sidecar stopped: ", name, " real_exit_code=143 after=1500ms\n")));
}

}  // namespace
}  // namespace sidecar_shim::testing
