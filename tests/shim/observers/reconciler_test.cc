// When the reconciler reads the runtime, and how long callers wait for it, in
// virtual time.
#include "shim/observers/reconciler.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <map>
#include <memory>
#include <set>
#include <string>

#include "shim/specs/stamp_codec.h"
#include "tests/support/actuator_support.h"
#include "tests/support/log_capture.h"

namespace sidecar_shim::testing {
namespace {

using namespace std::chrono_literals;

class ReconcilerTest : public ActuatorTest {
 protected:
  ~ReconcilerTest() override { reconciler_.Stop(); }

  // Becomes true when the waiter is released.
  std::shared_ptr<bool> Wait(Duration timeout) {
    auto released = std::make_shared<bool>(false);
    reconciler_.WhenReady(timeout, [released] { *released = true; });
    return released;
  }

  void AnswerLists() {
    runtime::v1::ListPodSandboxResponse sandboxes;
    sandboxes.add_items()->set_id(kSandbox.value());
    runtime_.sandbox_lists.Answer(sandboxes);
    runtime::v1::ListContainersResponse containers;
    containers.add_containers()->set_id(kAgent.value());
    containers.mutable_containers(0)->set_state(runtime::v1::CONTAINER_RUNNING);
    runtime_.container_lists.Answer(containers);
  }

  SpecResolver specs_{loop_, driver_, counters_, node_address_};
  Reconciler reconciler_{loop_, driver_, runtime_, specs_};
};

TEST_F(ReconcilerTest, WaitersAreReleasedWhenTheRuntimeHasBeenRead) {
  reconciler_.Start(nullptr);
  const auto first = Wait(5s);
  const auto second = Wait(1h);
  EXPECT_FALSE(*first || *second);
  AnswerLists();
  EXPECT_TRUE(*first && *second);
  EXPECT_TRUE(reconciler_.ready());
  EXPECT_TRUE(*Wait(1h));
}

TEST_F(ReconcilerTest, EachWaiterHasItsOwnTimeout) {
  reconciler_.Start(nullptr);
  const auto first = Wait(1s);
  const auto second = Wait(5s);
  loop_.Advance(1s);
  EXPECT_TRUE(*first);
  EXPECT_FALSE(*second);
  loop_.Advance(4s);
  EXPECT_TRUE(*second);
}

// kubelet considers a runtime dead that is slow for minutes.
TEST_F(ReconcilerTest, UnreadableRuntimeIsWaitedForFifteenSecondsInAll) {
  reconciler_.Start(nullptr);
  reconciler_.OnRuntimeAnswers();
  for (int call = 0; call < 3; ++call) {
    const auto released = Wait(5s);
    EXPECT_FALSE(*released);
    loop_.Advance(5s);
    EXPECT_TRUE(*released);
  }
  EXPECT_FALSE(reconciler_.IsPending());
  EXPECT_TRUE(*Wait(5s)) << "at once";
  AnswerLists();
  EXPECT_TRUE(reconciler_.ready());
}

TEST_F(ReconcilerTest, RuntimeThatDoesNotAnswerIsRetried) {
  bool ok = true;
  reconciler_.Start([&ok](bool read) { ok = read; });
  runtime_.sandbox_lists.Fail("not yet");
  EXPECT_FALSE(ok);
  loop_.Advance(299ms);
  EXPECT_TRUE(runtime_.sandbox_lists.empty());
  loop_.Advance(1ms);
  AnswerLists();
  EXPECT_TRUE(reconciler_.ready());
}

TEST_F(ReconcilerTest, PollsOnlyWithoutEventsAndOnlyWhereAnExitMatters) {
  reconciler_.Start(nullptr);
  AnswerLists();
  loop_.Advance(10s);
  EXPECT_EQ(runtime_.sandbox_lists.count(), 1u) << "no sidecar runs";
  policy::ContainerSeen sidecar;
  sidecar.sandbox = kSandbox;
  sidecar.container = policy::ContainerId("container-2");
  sidecar.name = "sidecar";
  sidecar.traits.sidecar = true;
  driver_.Post(sidecar);
  driver_.Post(policy::ContainerStarted{sidecar.container});
  ASSERT_TRUE(driver_.engine().HasRunningSidecars());
  loop_.Advance(1s);
  EXPECT_EQ(runtime_.sandbox_lists.count(), 2u);
  runtime_.sandbox_lists.Fail("busy");
  loop_.Advance(1s);
  EXPECT_EQ(runtime_.sandbox_lists.count(), 3u);
  runtime_.sandbox_lists.Fail("busy");
  reconciler_.SetEventsFlow(true);
  loop_.Advance(29s);
  EXPECT_EQ(runtime_.sandbox_lists.count(), 3u);
  loop_.Advance(1s);
  EXPECT_EQ(runtime_.sandbox_lists.count(), 4u);
}

// What an earlier shim has stamped on a container: known, of another version, of
// the format before, and garbage. Only the first is used; the others are left
// alone, logged, and the envs are read from the runtime.
TEST_F(ReconcilerTest, OnlyStampsOfThisVersionAreUsed) {
  const LogCapture log;
  const std::string pod =
      R"("pod":{"restartPolicy":"Never","containers":[{"name":"main"},{"name":"known"}]})";
  const std::string flags = R"("container":{"sidecar":true},"launchedAhead":true,)" + pod + "}";
  const std::map<std::string, policy::Annotations> stamps = {
      {"known", {{kStampAnnotation, R"({"version":1,)" + flags}}},
      {"newer", {{kStampAnnotation, R"({"version":2,)" + flags}}},
      {"older", {{"internal.sidecar-shim.io/container", "p10,s"}}},
      {"garbage", {{kStampAnnotation, "{"}}}};
  reconciler_.Start(nullptr);
  runtime::v1::ListPodSandboxResponse sandboxes;
  sandboxes.add_items()->set_id(kSandbox.value());
  runtime_.sandbox_lists.Answer(sandboxes);
  runtime::v1::ListContainersResponse list;
  for (const auto& [name, annotations] : stamps) {
    runtime::v1::Container& container = *list.add_containers();
    container.set_id(name);
    container.set_pod_sandbox_id(kSandbox.value());
    container.mutable_metadata()->set_name(name);
    container.set_state(runtime::v1::CONTAINER_RUNNING);
    (*container.mutable_labels())["io.kubernetes.pod.namespace"] = "default";
    (*container.mutable_labels())["io.kubernetes.pod.name"] = "pod-1";
    container.mutable_annotations()->insert(annotations.begin(), annotations.end());
  }
  runtime_.container_lists.Answer(list);

  std::set<std::string> read;
  while (!runtime_.statuses.empty()) {
    read.insert(runtime_.statuses.front().first.value());
    EXPECT_TRUE(runtime_.statuses.front().second) << "envs are in a verbose status only";
    runtime::v1::ContainerStatusResponse response;
    response.mutable_status()->set_id(runtime_.statuses.front().first.value());
    response.mutable_status()->set_state(runtime::v1::CONTAINER_RUNNING);
    response.mutable_status()->set_started_at(1);
    (*response.mutable_info())["info"] =
        R"({"runtimeSpec":{"process":{"env":["KRUISE_CONTAINER_PRIORITY=7"]}}})";
    runtime_.statuses.Answer(response);
  }
  EXPECT_EQ(read, (std::set<std::string>{"garbage", "newer", "older"}));
  ASSERT_TRUE(reconciler_.ready());
  const policy::Engine& engine = driver_.engine();
  ASSERT_NE(engine.FindContainer("known"), nullptr);
  EXPECT_TRUE(engine.FindContainer("known")->by_shim);
  EXPECT_TRUE(engine.FindContainer("known")->traits.sidecar);
  for (const std::string& name : read) {
    const policy::ContainerRecord* record = engine.FindContainer(policy::ContainerId(name));
    ASSERT_NE(record, nullptr) << name;
    EXPECT_FALSE(record->by_shim || record->traits.sidecar) << name << ": nothing is taken from its stamp";
    EXPECT_EQ(record->traits.priority.value, 7) << name;
    EXPECT_THAT(log.text(), ::testing::HasSubstr("pod=default/pod-1 container=" + name + ": its stamp"));
  }
  EXPECT_THAT(log.text(), ::testing::HasSubstr("version 2"));
  ASSERT_TRUE(engine.FindPodOfSandbox(kSandbox)->spec.has_value());
  EXPECT_EQ(engine.FindPodOfSandbox(kSandbox)->spec->containers[0].name, "main") << "of the known one";
}

}  // namespace
}  // namespace sidecar_shim::testing
