#include "shim/run/pod_actions.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <set>
#include <string>
#include <vector>

#include "shim/run/pod_phase.h"
#include "shim/run/restart_rules.h"
#include "tests/shim/run/run_support.h"

namespace sidecar_shim::run {
namespace {

using testing::ElementsAre;
using testing::IsEmpty;

constexpr char kTwo[] = "containers: [{name: a, image: i}, {name: b, image: i}]";

PodModel Two(const std::string& policy) { return Model("restartPolicy: " + policy + ", " + kTwo); }

std::vector<std::string> Names(const std::vector<const ContainerModel*>& containers) {
  std::vector<std::string> names;
  for (const ContainerModel* container : containers) names.push_back(container->spec.name());
  return names;
}

PodStatus Both(cri::ContainerState a, int a_exit, cri::ContainerState b, int b_exit) {
  PodStatus status;
  AddSandbox(status);
  AddContainer(status, "a", a, a_exit);
  AddContainer(status, "b", b, b_exit);
  return status;
}

TEST(PhaseTest, FollowsKubelet) {
  const auto exited = cri::CONTAINER_EXITED, running = cri::CONTAINER_RUNNING;
  struct Case {
    const char* policy;
    PodStatus status;
    Phase phase;
  };
  PodStatus one_running;
  AddContainer(one_running, "a", running);
  const Case cases[] = {
      {"Never", PodStatus(), Phase::kPending},
      {"Never", one_running, Phase::kPending},  // b has never been created
      {"Never", Both(running, 0, cri::CONTAINER_CREATED, 0), Phase::kPending},
      {"Never", Both(running, 0, exited, 1), Phase::kRunning},
      {"Never", Both(exited, 0, exited, 0), Phase::kSucceeded},
      {"Never", Both(exited, 0, exited, 143), Phase::kFailed},
      {"OnFailure", Both(exited, 0, exited, 0), Phase::kSucceeded},
      {"OnFailure", Both(exited, 0, exited, 143), Phase::kRunning},
      {"Always", Both(exited, 0, exited, 0), Phase::kRunning},
  };
  for (const Case& c : cases) EXPECT_EQ(ComputePhase(Two(c.policy), c.status, {}), c.phase) << &c - cases;
}

TEST(PhaseTest, InitContainers) {
  PodModel model = Model(
      "restartPolicy: Never, initContainers: [{name: i, image: i}, {name: n, image: i, "
      "restartPolicy: Always}], containers: [{name: a, image: i}]");
  PodStatus status;
  AddContainer(status, "i", cri::CONTAINER_RUNNING);
  EXPECT_EQ(ComputePhase(model, status, {}), Phase::kPending);
  status.containers.clear();
  AddContainer(status, "i", cri::CONTAINER_EXITED, 1);
  EXPECT_EQ(ComputePhase(model, status, {}), Phase::kFailed);
  status.containers.clear();
  AddContainer(status, "i", cri::CONTAINER_EXITED, 0);
  AddContainer(status, "n", cri::CONTAINER_RUNNING);
  AddContainer(status, "a", cri::CONTAINER_EXITED, 0);
  EXPECT_EQ(ComputePhase(model, status, {}), Phase::kRunning);  // until the native sidecar has exited
  status.containers.clear();
  AddContainer(status, "i", cri::CONTAINER_EXITED, 0);
  AddContainer(status, "n", cri::CONTAINER_EXITED, 137);
  AddContainer(status, "a", cri::CONTAINER_EXITED, 0);
  EXPECT_EQ(ComputePhase(model, status, {}), Phase::kSucceeded);
}

TEST(RestartTest, ByStateAndPolicy) {
  struct Case {
    const char* policy;
    cri::ContainerState state;
    int exit_code;
    bool restart;
  };
  const Case cases[] = {
      {"Never", cri::CONTAINER_EXITED, 1, false},    {"OnFailure", cri::CONTAINER_EXITED, 0, false},
      {"OnFailure", cri::CONTAINER_EXITED, 1, true}, {"Always", cri::CONTAINER_EXITED, 0, true},
      {"Never", cri::CONTAINER_CREATED, 0, true},    {"Never", cri::CONTAINER_UNKNOWN, 0, true},
      {"Always", cri::CONTAINER_RUNNING, 0, false},
  };
  for (const Case& c : cases) {
    PodModel model = Two(c.policy);
    PodStatus status;
    AddContainer(status, "a", c.state, c.exit_code);
    EXPECT_EQ(ShouldRestart(model, model.containers[0], status), c.restart) << &c - cases;
  }
}

TEST(ActionsTest, AFreshPod) {
  PodModel model = Two("Never");
  PodActions actions = ComputeActions(model, PodStatus());
  EXPECT_TRUE(actions.create_sandbox);
  EXPECT_EQ(actions.sandbox_attempt, 0u);
  EXPECT_THAT(Names(actions.to_start), ElementsAre("a", "b"));
}

TEST(ActionsTest, RefusedContainersAreRetriedInSpecOrder) {
  PodModel model = Two("Never");
  PodStatus status;
  AddSandbox(status);
  AddContainer(status, "b", cri::CONTAINER_RUNNING);
  PodActions actions = ComputeActions(model, status);
  EXPECT_FALSE(actions.create_sandbox || actions.kill_pod);
  EXPECT_THAT(Names(actions.to_start), ElementsAre("a"));
}

TEST(ActionsTest, CreatedContainersGetTheNextAttempt) {
  PodModel model = Two("Never");
  PodStatus status = Both(cri::CONTAINER_CREATED, 0, cri::CONTAINER_RUNNING, 0);
  EXPECT_THAT(Names(ComputeActions(model, status).to_start), ElementsAre("a"));
  EXPECT_EQ(NextAttempt(status, "a"), 1u);
  EXPECT_EQ(NextAttempt(status, "new"), 0u);
}

TEST(ActionsTest, AFinishedPodIsKilled) {
  PodModel model = Two("Never");
  PodStatus status = Both(cri::CONTAINER_EXITED, 1, cri::CONTAINER_EXITED, 0);
  EXPECT_TRUE(ComputeActions(model, status).kill_pod);
}

TEST(ActionsTest, ALostSandboxIsReplacedUnlessThePolicyIsNever) {
  PodStatus status;
  AddSandbox(status, cri::SANDBOX_NOTREADY);
  AddContainer(status, "a", cri::CONTAINER_EXITED, 0);
  AddContainer(status, "b", cri::CONTAINER_EXITED, 137);
  PodModel on_failure = Two("OnFailure");
  PodActions actions = ComputeActions(on_failure, status);
  EXPECT_TRUE(actions.kill_pod && actions.create_sandbox);
  EXPECT_EQ(actions.sandbox_attempt, 1u);
  EXPECT_THAT(Names(actions.to_start), ElementsAre("b"));
  PodModel never = Two("Never");
  EXPECT_FALSE(ComputeActions(never, status).create_sandbox);
}

TEST(ActionsTest, InitContainersComeOnePerPass) {
  PodModel model = Model(
      "restartPolicy: Never, initContainers: [{name: i, image: i}, {name: n, image: i, "
      "restartPolicy: Always}, {name: j, image: i}], containers: [{name: a, image: i}]");
  PodActions fresh = ComputeActions(model, PodStatus());
  EXPECT_THAT(Names(fresh.init_to_start), ElementsAre("i"));
  EXPECT_THAT(fresh.to_start, IsEmpty());
  PodStatus status;
  AddSandbox(status);
  AddContainer(status, "i", cri::CONTAINER_RUNNING);
  EXPECT_THAT(ComputeActions(model, status).init_to_start, IsEmpty());
  status.containers.clear();
  AddContainer(status, "i", cri::CONTAINER_EXITED, 0);
  EXPECT_THAT(Names(ComputeActions(model, status).init_to_start), ElementsAre("n"));
  AddContainer(status, "n", cri::CONTAINER_RUNNING);
  EXPECT_THAT(Names(ComputeActions(model, status).init_to_start), ElementsAre("j"));
  AddContainer(status, "j", cri::CONTAINER_EXITED, 0);
  EXPECT_THAT(Names(ComputeActions(model, status).to_start), ElementsAre("a"));
  AddContainer(status, "a", cri::CONTAINER_RUNNING);
  EXPECT_THAT(ComputeActions(model, status).to_start, IsEmpty());
  AddContainer(status, "n", cri::CONTAINER_EXITED, 1, 1);  // a native sidecar that has exited is restarted
  EXPECT_THAT(Names(ComputeActions(model, status).init_to_start), ElementsAre("n"));
}

TEST(ActionsTest, AFailedInitContainerEndsAPodWithNever) {
  PodModel model =
      Model("restartPolicy: Never, initContainers: [{name: i, image: i}], containers: [{name: a, image: i}]");
  PodStatus status;
  AddSandbox(status);
  AddContainer(status, "i", cri::CONTAINER_EXITED, 1);
  EXPECT_TRUE(ComputeActions(model, status).kill_pod);
}

}  // namespace
}  // namespace sidecar_shim::run
