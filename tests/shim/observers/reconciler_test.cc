// When the reconciler reads the runtime, and how long callers wait for it, in
// virtual time.
#include "shim/observers/reconciler.h"

#include <gtest/gtest.h>

#include <memory>
#include <string>

#include "tests/support/actuator_support.h"

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

}  // namespace
}  // namespace sidecar_shim::testing
