// When the prober probes, in virtual time.
#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <memory>
#include <string>
#include <vector>

#include "shim/actuators/prober.h"
#include "tests/support/actuator_support.h"
#include "tests/support/log_capture.h"

namespace sidecar_shim::testing {
namespace {

using ::testing::HasSubstr;
using namespace std::chrono_literals;

policy::ProbeSpec ExecProbe(const std::string& command) {
  policy::ProbeSpec probe;
  probe.command = {command};
  return probe;
}

class ProberTimingTest : public ActuatorTest {
 protected:
  // The prober knows that "agent" has just started, and its pod's address.
  void Start(const policy::ProbeSpec& readiness, Duration age = Duration{0}) {
    prober_.Start({kAgent, kSandbox, std::nullopt, readiness});
    runtime_.statuses.Answer(StatusOfAgent(age));
    runtime_.sandbox_statuses.Answer(SandboxStatus("192.0.2.1"));
    loop_.RunReady();
  }

  // How long after now the next exec is sent; it stays unanswered.
  Duration UntilNextExec() {
    const Time began = loop_.Now();
    const size_t before = runtime_.execs.count();
    while (runtime_.execs.count() == before && loop_.Now() - began < 1h) loop_.Advance(1ms);
    return loop_.Now() - began;
  }

  bool IsReady() const { return log_.text().find("container is ready") != std::string::npos; }

  const LogCapture log_;
  Prober prober_{loop_, driver_, runtime_, http_, node_address_};
};

TEST_F(ProberTimingTest, ProbesMoreOftenThanKubeletAndLessOftenLater) {
  Start(ExecProbe("up"));
  for (int attempt = 0; attempt < 3; ++attempt) {
    runtime_.AnswerExec(1);
    EXPECT_EQ(UntilNextExec(), 100ms);
  }
  runtime_.AnswerExec(1);
  loop_.Advance(99ms);
  EXPECT_TRUE(runtime_.execs.empty());
  loop_.Advance(1ms);
  loop_.Advance(5min);
  runtime_.AnswerExec(1);
  // This attempt took longer than the period, which limits the rest after it.
  EXPECT_EQ(UntilNextExec(), 10s);
  runtime_.AnswerExec(1);
  EXPECT_EQ(UntilNextExec(), 1s);
  EXPECT_FALSE(IsReady());
  runtime_.AnswerExec(0);
  EXPECT_TRUE(IsReady());
  loop_.Advance(1h);
  EXPECT_TRUE(runtime_.execs.empty());
}

TEST_F(ProberTimingTest, SlowProcessGetsRest) {
  Start(ExecProbe("slow"));
  loop_.Advance(2s);
  runtime_.AnswerExec(1);
  EXPECT_EQ(UntilNextExec(), 4s);
}

TEST_F(ProberTimingTest, InitialDelayCountsFromTheContainersStart) {
  policy::ProbeSpec probe = ExecProbe("up");
  probe.initial_delay = 30s;
  Start(probe, /*age=*/10s);
  EXPECT_EQ(UntilNextExec(), 20s);
}

TEST_F(ProberTimingTest, PassesOfTheSuccessThresholdAreAPeriodApart) {
  policy::ProbeSpec probe = ExecProbe("up");
  probe.success_threshold = 2;
  Start(probe);
  runtime_.AnswerExec(0);
  EXPECT_EQ(UntilNextExec(), 10s);
  runtime_.AnswerExec(1);
  EXPECT_EQ(UntilNextExec(), 100ms);
  runtime_.AnswerExec(0);
  EXPECT_FALSE(IsReady());
  EXPECT_EQ(UntilNextExec(), 10s);
  runtime_.AnswerExec(0);
  EXPECT_TRUE(IsReady());
}

TEST_F(ProberTimingTest, StopEndsProbingAndDropsLateAnswers) {
  Start(ExecProbe("up"));
  prober_.Stop({kAgent});
  runtime_.AnswerExec(0);
  loop_.Advance(1h);
  EXPECT_TRUE(runtime_.execs.empty());
  EXPECT_FALSE(IsReady());
}

TEST_F(ProberTimingTest, PodAddressIsQueriedUntilItIsKnown) {
  prober_.Start({kAgent, kSandbox, std::nullopt, ExecProbe("up")});
  runtime_.statuses.Answer(StatusOfAgent(Duration{0}));
  runtime_.sandbox_statuses.Fail("busy");
  loop_.Advance(999ms);
  EXPECT_TRUE(runtime_.sandbox_statuses.empty());
  loop_.Advance(1ms);
  ASSERT_FALSE(runtime_.sandbox_statuses.empty());
  EXPECT_EQ(runtime_.execs.count(), 0u);
}

TEST_F(ProberTimingTest, HttpAttemptsFollowEachOtherAndShareTheTimeout) {
  policy::ProbeSpec probe;
  probe.kind = policy::ProbeSpec::Kind::kHttpGet;
  probe.port = 80;
  probe.path = "/health";
  probe.timeout = 3s;
  Start(probe);
  ASSERT_EQ(http_.urls().back(), "http://192.0.2.1:80/health");
  EXPECT_EQ(http_.front().timeout, Duration(3s));
  loop_.Advance(1s);
  HttpResult redirect;
  redirect.code = 302;
  redirect.redirect = "http://192.0.2.1:80/ready";
  http_.Answer(redirect);
  ASSERT_EQ(http_.urls().back(), redirect.redirect);
  EXPECT_EQ(http_.front().timeout, Duration(2s));
  http_.Fail(absl::UnavailableError("timed out"));
  loop_.Advance(99ms);
  EXPECT_EQ(http_.pending(), 0u);
  loop_.Advance(1ms);
  ASSERT_EQ(http_.pending(), 1u);
  http_.Answer(200, "");
  EXPECT_TRUE(IsReady());
}

TEST_F(ProberTimingTest, LogLinesNamePodAndContainer) {
  policy::ProbeSpec unusable;
  unusable.kind = policy::ProbeSpec::Kind::kTcpSocket;
  prober_.Start({kAgent, kSandbox, std::nullopt, unusable});
  EXPECT_THAT(log_.text(), HasSubstr("no usable port, left to kubelet: pod=default/pod-1 container=agent\n"));
  Start(ExecProbe("up"));
  runtime_.AnswerExec(1);
  EXPECT_THAT(log_.text(),
              HasSubstr("is not ready: pod=default/pod-1 container=agent problem=exit code 1\n"));
  UntilNextExec();
  runtime_.AnswerExec(0);
  EXPECT_THAT(log_.text(), HasSubstr("shim's own probe: pod=default/pod-1 container=agent\n"));
}

}  // namespace
}  // namespace sidecar_shim::testing
