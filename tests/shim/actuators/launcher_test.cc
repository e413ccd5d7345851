// What the launcher logs where a launch ahead of kubelet fails.
#include "shim/actuators/launcher.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <string>

#include "shim/cri/bytes.h"
#include "tests/support/actuator_support.h"
#include "tests/support/log_capture.h"

namespace sidecar_shim::testing {
namespace {

using ::testing::HasSubstr;

class LauncherTest : public ActuatorTest {
 protected:
  Worker worker_;
  const LogCapture log_;
  // The launcher only passes on what the encoder makes of a stamp.
  Launcher launcher_{driver_, runtime_, worker_, [](const policy::Stamp& stamp) {
                       return policy::Annotations{{"stamp", stamp.by_shim ? "launched ahead" : ""}};
                     }};
};

TEST_F(LauncherTest, FailedCreateNamesPodAndContainer) {
  runtime::v1::CreateContainerRequest request;
  request.mutable_config()->mutable_metadata()->set_name("proxy");
  launcher_.Remember(kSandbox, "proxy", ToBytes(request));
  launcher_.Launch({kSandbox, "proxy", {}});
  runtime_.creates.Fail("no such image");
  EXPECT_THAT(
      log_.text(),
      HasSubstr(
          "failed at create, left to kubelet: pod=default/pod-1 container=proxy error=no such image\n"));
}

TEST_F(LauncherTest, FailedStartNamesPodAndContainer) {
  launcher_.ResumeLaunch({kAgent, /*started=*/false});
  runtime_.starts.Fail("no such program");
  EXPECT_THAT(log_.text(),
              HasSubstr("failed at start: pod=default/pod-1 container=agent error=no such program\n"));
}

}  // namespace
}  // namespace sidecar_shim::testing
