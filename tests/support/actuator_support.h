// An actuator on a FakeLoop, with a scripted runtime and HTTP client, in a
// policy that knows one running container: "default/pod-1", "agent".
#ifndef SIDECAR_SHIM_TESTS_SUPPORT_ACTUATOR_SUPPORT_H_
#define SIDECAR_SHIM_TESTS_SUPPORT_ACTUATOR_SUPPORT_H_

#include <gtest/gtest.h>

#include <string>

#include "shim/actuators/decision_log.h"
#include "shim/base/node_address.h"
#include "shim/driver/policy_driver.h"
#include "tests/support/fake_loop.h"
#include "tests/support/scripted_http.h"
#include "tests/support/scripted_runtime.h"

namespace sidecar_shim::testing {

// Takes the policy's actions and does nothing.
struct NoActuators : ContainerLauncher, SidecarStopper, ReadinessProber {
  void Launch(const policy::Launch&) override {}
  void ResumeLaunch(const policy::ResumeLaunch&) override {}
  void Forget(const policy::Forget&) override {}
  void Stop(const policy::StopSidecar&) override {}
  void Start(const policy::StartProbing&) override {}
  void Stop(const policy::StopProbing&) override {}
};

class ActuatorTest : public ::testing::Test {
 protected:
  ActuatorTest() {
    driver_.SetActuators(actuators_, actuators_, actuators_, notes_);
    policy::SandboxSeen sandbox;
    sandbox.sandbox = kSandbox;
    sandbox.pod = {"default", "pod-1", "uid-1"};
    driver_.Post(sandbox);
    policy::ContainerSeen container;
    container.sandbox = kSandbox;
    container.container = kAgent;
    container.name = "agent";
    driver_.Post(container);
    driver_.Post(policy::ContainerStarted{kAgent});
  }

  // The status of "agent", which started this long ago.
  runtime::v1::ContainerStatusResponse StatusOfAgent(Duration age) const {
    runtime::v1::ContainerStatusResponse response;
    response.mutable_status()->set_id(kAgent.value());
    response.mutable_status()->set_state(runtime::v1::CONTAINER_RUNNING);
    response.mutable_status()->set_started_at((loop_.WallNow() - age).time_since_epoch().count());
    return response;
  }

  static runtime::v1::PodSandboxStatusResponse SandboxStatus(const std::string& address) {
    runtime::v1::PodSandboxStatusResponse response;
    response.mutable_status()->mutable_network()->set_ip(address);
    return response;
  }

  const policy::SandboxId kSandbox{"sandbox-1"};
  const policy::ContainerId kAgent{"container-1"};
  FakeLoop loop_;
  Counters counters_;
  CountingDecisionLog notes_{counters_};
  NoActuators actuators_;
  PolicyDriver driver_{loop_, policy::Options()};
  ScriptedRuntime runtime_;
  ScriptedHttp http_;
  NodeAddress node_address_;
};

}  // namespace sidecar_shim::testing

#endif  // SIDECAR_SHIM_TESTS_SUPPORT_ACTUATOR_SUPPORT_H_
