// The engine's memory is bounded per sandbox and freed when a sandbox is removed or
// disappears.
#include <gtest/gtest.h>

#include "absl/strings/str_cat.h"
#include "tests/policy/bench.h"

namespace sidecar_shim::policy {
namespace {

void ExpectEmpty(const Engine& engine) {
  EXPECT_EQ(engine.PodCount(), 0u);
  EXPECT_TRUE(engine.KnownContainers().empty());
  EXPECT_TRUE(engine.KnownSandboxes().empty());
  EXPECT_EQ(engine.HeldCount(), 0u);
  EXPECT_EQ(engine.NextWakeup(), std::nullopt);
  EXPECT_TRUE(engine.Hidden().empty());
  EXPECT_FALSE(engine.HasRunningSidecars());
}

TEST(EngineMemory, LastSandboxFreesEverything) {
  for (const char* script :
       {"", "a:refused", "b:created", "a:refused b:runs", "a:refused b:runs launch:a",
        "b:runs s:runs a:runs b:exit=0 a:exit=0 stop:s", "b:runs a:runs a:exit=0 b:exit=1 a:gone b:gone",
        "b:runs a:runs newsandbox b:runs", "a:refused newsandbox a:refused"}) {
    SCOPED_TRACE(script);
    Bench bench({Main("a"), Main("b", 10), Sidecar("s")}, RestartPolicy::kNever);
    bench.Run(script);
    for (const SandboxId& sandbox : bench.engine().KnownSandboxes()) bench.Send(SandboxGone{sandbox});
    ExpectEmpty(bench.engine());
  }
}

TEST(EngineMemory, RemovedSandboxAnswersItsWaitingCalls) {
  Bench bench({Main("a"), Main("b", 10)}, RestartPolicy::kNever);
  bench.Run("a:refused b:runs");
  bench.Send(CreateRequested{50, bench.sandbox(), "a", 0, bench.TraitsOf("a"), {}});
  const Actions actions = bench.Send(SandboxGone{bench.sandbox()});
  EXPECT_EQ(Only<AdmitCreate>(actions)[0].call, 50u);
  EXPECT_TRUE(Only<Forget>(actions).empty()) << "the launch has used the request up";
  ExpectEmpty(bench.engine());

  Bench held({Main("a"), Main("b", 10)}, RestartPolicy::kNever);
  held.Run("a:refused");
  EXPECT_EQ(Only<Forget>(held.Send(SandboxGone{held.sandbox()})).size(), 1u);
  ExpectEmpty(held.engine());

  Bench crictl = Bench::WithoutSpec({Main("a"), Main("b", 10)}, false);
  crictl.Run("a:created b:created a:held");
  crictl.Send(SandboxGone{crictl.sandbox()});
  crictl.Run("a:answered");
  ExpectEmpty(crictl.engine());
}

TEST(EngineMemory, EventsForRemovedObjectsAreIgnored) {
  Bench bench({Main("a"), Main("b", 10), Sidecar("s")}, RestartPolicy::kNever);
  bench.Run("b:runs a:runs s:runs");
  const ContainerId id = bench.Container("a").id;
  ContainerSeen seen;
  seen.container = id;
  seen.sandbox = bench.sandbox();
  bench.Send(SandboxGone{bench.sandbox()});
  const Event late[] = {seen,
                        ContainerStarted{id},
                        StartFailed{id, ""},
                        ContainerExited{id, 1, At(1)},
                        ContainerGone{id},
                        CallCancelled{1},
                        ExternalStopStarted{id},
                        ExternalStopEnded{id, false},
                        PodTerminating{bench.pod()},
                        ContainerReady{id},
                        PostStartReturned{id},
                        SandboxStopping{bench.sandbox()},
                        SandboxGone{bench.sandbox()},
                        PullStarted{bench.pod(), "i"},
                        PullEnded{bench.pod(), "i"},
                        SidecarStopEnded{id},
                        CreateFailed{bench.sandbox(), "a", true},
                        SpecReceived{bench.pod(), {}},
                        Tick{}};
  for (const Event& event : late) {
    EXPECT_TRUE(bench.Send(event).empty()) << event.index();
    ExpectEmpty(bench.engine());
  }
}

TEST(EngineMemory, RestartsDoNotAccumulate) {
  Bench bench({Main("a"), Main("b", 10), Sidecar("s")}, RestartPolicy::kAlways);
  bench.Run("b:runs a:runs");
  ContainerId previous;
  for (int i = 0; i < 100; ++i) {
    bench.Run("a:exit=1 a:runs");
    // kubelet keeps the last dead container of a name and collects the others.
    if (!previous.empty()) bench.Send(ContainerGone{previous});
    previous = ContainerId(absl::StrCat("a-", i, "-", bench.sandbox().value()));
  }
  EXPECT_LE(bench.engine().KnownContainers().size(), 4u);
}

// The exit of a name's newest container is kept after kubelet has removed it, until
// the next container of that name exists.
TEST(EngineMemory, CollectedContainersAreForgottenOnceReplaced) {
  Bench bench({Main("a"), Main("b", 10), Sidecar("s")}, RestartPolicy::kAlways);
  bench.Run("b:runs");
  for (int i = 0; i < 100; ++i) bench.Run("a:runs a:exit=1 a:gone");
  EXPECT_LE(bench.engine().KnownContainers().size(), 3u);
  EXPECT_LE(bench.engine().FindPod(bench.pod())->containers.size(), 3u);
}

TEST(EngineMemory, SandboxesDoNotAccumulate) {
  Bench bench({Main("a"), Main("b", 10), Sidecar("s")}, RestartPolicy::kAlways);
  for (int i = 0; i < 50; ++i) {
    const SandboxId old = bench.sandbox();
    bench.Run("a:refused b:runs launch:a newsandbox");
    bench.Send(SandboxGone{old});
  }
  EXPECT_EQ(bench.engine().KnownSandboxes().size(), 1u);
  EXPECT_LE(bench.engine().KnownContainers().size(), 4u);
  EXPECT_LE(bench.engine().FindPod(bench.pod())->containers.size(), 4u);
}

TEST(EngineMemory, PodsAreIndependent) {
  Engine engine{Options{}};
  for (int i = 0; i < 100; ++i) {
    const PodRef pod{"ns", absl::StrCat("pod-", i), "the same uid"};
    engine.OnEvent(SandboxSeen{pod, SandboxId(absl::StrCat("sandbox-", i)), {}, false, true},
                   Time(Duration(i)));
  }
  EXPECT_EQ(engine.PodCount(), 100u);
  for (int i = 0; i < 100; i += 2)
    engine.OnEvent(SandboxGone{SandboxId(absl::StrCat("sandbox-", i))}, Time{Duration{200}});
  EXPECT_EQ(engine.PodCount(), 50u);
}

}  // namespace
}  // namespace sidecar_shim::policy
