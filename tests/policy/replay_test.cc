// Determinism: the same events at the same times give the same actions, and a copy of
// an engine behaves like the original, so that a recorded log can be replayed.
#include <gtest/gtest.h>

#include <iostream>
#include <random>

#include "absl/strings/str_cat.h"
#include "tests/policy/bench.h"

namespace sidecar_shim::policy {
namespace {

struct Recorded {
  Event event;
  Time at;
};

// Valid and invalid events of three pods in random order.
std::vector<Recorded> RandomLog(uint32_t seed, int length) {
  std::mt19937 random(seed);
  auto one_of = [&random](uint32_t n) { return static_cast<uint32_t>(random() % n); };
  std::vector<Recorded> log;
  Time now{};
  uint64_t call = 1;
  for (int i = 0; i < length; ++i) {
    now += std::chrono::milliseconds(one_of(4) == 0 ? one_of(20000) : one_of(5));
    const std::string p = absl::StrCat(one_of(3));
    const PodRef pod{"ns", absl::StrCat("pod", p), "uid"};
    const SandboxId sandbox(absl::StrCat("sandbox", p, one_of(2)));
    const std::string name(1, static_cast<char>('a' + one_of(4)));
    const ContainerSpec spec = name == "d" ? Sidecar(name, 3) : Main(name, name[0] - 'a');
    const ContainerId id(absl::StrCat(sandbox.value(), name, one_of(2)));
    ContainerSeen seen;
    seen.container = id;
    seen.sandbox = sandbox;
    seen.name = name;
    seen.traits = spec.traits;
    seen.by_shim = one_of(3) == 0;
    seen.found = one_of(4) == 0;
    seen.attempt = one_of(2);
    const Event choices[] = {
        SandboxSeen{pod, sandbox, {}, true, one_of(8) != 0},
        SpecReceived{pod,
                     {one_of(4) == 0 ? "stamp" : "test",
                      {Main("a"), Main("b", 1), Main("c", 2), Sidecar("d", 3)},
                      RestartPolicy::kNever}},
        CreateRequested{call, sandbox, name, one_of(2), spec.traits, {}},
        CreateFailed{sandbox, name, one_of(2) == 0},
        seen,
        StartRequested{call + 1, id, now + std::chrono::seconds(one_of(100))},
        ContainerStarted{id},
        StartFailed{id, "failed"},
        ContainerExited{id, static_cast<int32_t>(one_of(2)), RuntimeTime(now.time_since_epoch())},
        ContainerGone{id},
        CallCancelled{one_of(static_cast<uint32_t>(call))},
        ExternalStopStarted{id, std::chrono::seconds(one_of(60))},
        ExternalStopEnded{id, one_of(2) == 0},
        ContainerReady{id},
        PostStartReturned{id},
        PodTerminating{pod},
        SandboxStopping{sandbox},
        SandboxGone{sandbox},
        PullStarted{pod, "image"},
        PullEnded{pod, "image", one_of(2) == 0},
        SidecarStopEnded{id, one_of(2) == 0, true},
        Tick{}};
    // Removals are rarer than other events, so that pods reach later states.
    const uint32_t choice = one_of(std::size(choices));
    const bool rare = std::holds_alternative<SandboxStopping>(choices[choice]) ||
                      std::holds_alternative<SandboxGone>(choices[choice]) ||
                      std::holds_alternative<PodTerminating>(choices[choice]);
    log.push_back({rare && one_of(6) != 0 ? Event(Tick{}) : choices[choice], now});
    call += 2;
  }
  return log;
}

struct Print {
  std::string operator()(const AdmitCreate& a) const {
    return absl::StrCat("admit ", a.call.value, " ", a.stamp.has_value());
  }
  std::string operator()(const RefuseCreate& a) const {
    return absl::StrCat("refuse ", a.call.value, a.message, a.remember);
  }
  std::string operator()(const AnswerCreate& a) const {
    return absl::StrCat("answer ", a.call.value, a.container.value());
  }
  std::string operator()(const ForwardStart& a) const { return absl::StrCat("forward ", a.call.value); }
  std::string operator()(const AnswerStart& a) const { return absl::StrCat("started ", a.call.value); }
  std::string operator()(const FailStart& a) const { return absl::StrCat("fail ", a.call.value, a.message); }
  std::string operator()(const Launch& a) const {
    return absl::StrCat("launch ", a.sandbox.value(), a.name, a.stamp.has_value());
  }
  std::string operator()(const ResumeLaunch& a) const {
    return absl::StrCat("resume ", a.container.value(), a.started ? " started" : "");
  }
  std::string operator()(const StartProbing& a) const { return absl::StrCat("probe ", a.container.value()); }
  std::string operator()(const StopProbing& a) const { return absl::StrCat("unprobe ", a.container.value()); }
  std::string operator()(const Forget& a) const { return absl::StrCat("forget ", a.sandbox.value(), a.name); }
  std::string operator()(const StopSidecar& a) const {
    return absl::StrCat("stop ", a.container.value(), a.grace.count(), a.run_pre_stop);
  }
  std::string operator()(const Note& a) const {
    return absl::StrCat("note ", a.pod.name, a.container, a.text);
  }
};

std::string Text(const Actions& actions) {
  std::string text;
  for (const Action& action : actions) absl::StrAppend(&text, std::visit(Print{}, action), "\n");
  return text;
}

TEST(Replay, SameLogGivesTheSameActions) {
  size_t actions_in_all = 0, checks = 0;
  for (uint32_t seed = 1; seed <= 80; ++seed) {
    const std::vector<Recorded> log = RandomLog(seed, 600);
    Engine first{Options{}}, second{Options{}};
    std::optional<Engine> copy;
    for (size_t i = 0; i < log.size(); ++i) {
      const Actions actions = first.OnEvent(log[i].event, log[i].at);
      actions_in_all += actions.size();
      ASSERT_EQ(Text(actions), Text(second.OnEvent(log[i].event, log[i].at)))
          << "seed " << seed << " event " << i;
      if (copy) {
        ASSERT_EQ(Text(actions), Text(copy->OnEvent(log[i].event, log[i].at)));
      }
      ASSERT_EQ(first.NextWakeup(), second.NextWakeup());
      ASSERT_EQ(first.CheckInvariants(), "") << "seed " << seed << " event " << i;
      ++checks;
      ASSERT_EQ(first.Hidden(), second.Hidden());
      if (i == log.size() / 2) copy = first;
    }
  }
  EXPECT_GT(actions_in_all, 5000u) << "the logs cause too few actions";
  std::cout << "invariants checked after " << checks << " events\n";
}

// A Tick without a preceding event causes no action, and each call is answered once.
TEST(Replay, TicksAreIdempotentAndCallsAnsweredOnce) {
  for (uint32_t seed = 1; seed <= 30; ++seed) {
    Engine engine{Options{}};
    std::map<CallId, int> creates, starts;
    auto count = [&](const Actions& actions) {
      for (const auto& a : Only<AdmitCreate>(actions)) ++creates[a.call];
      for (const auto& a : Only<RefuseCreate>(actions)) ++creates[a.call];
      for (const auto& a : Only<AnswerCreate>(actions)) ++creates[a.call];
      for (const auto& a : Only<ForwardStart>(actions)) ++starts[a.call];
      for (const auto& a : Only<AnswerStart>(actions)) ++starts[a.call];
      for (const auto& a : Only<FailStart>(actions)) ++starts[a.call];
    };
    for (const Recorded& recorded : RandomLog(seed, 600)) {
      count(engine.OnEvent(recorded.event, recorded.at));
      count(engine.OnEvent(Tick{}, recorded.at));
      ASSERT_EQ(Text(engine.OnEvent(Tick{}, recorded.at)), "");
    }
    for (int p = 0; p < 3; ++p) {
      for (int s = 0; s < 2; ++s)
        count(engine.OnEvent(SandboxGone{SandboxId(absl::StrCat("sandbox", p, s))}, Time::max()));
    }
    for (const auto& [call, answers] : creates) EXPECT_EQ(answers, 1) << "create " << call.value;
    for (const auto& [call, answers] : starts) EXPECT_EQ(answers, 1) << "start " << call.value;
    EXPECT_EQ(engine.PodCount(), 0u);
    EXPECT_TRUE(engine.KnownContainers().empty());
  }
}

}  // namespace
}  // namespace sidecar_shim::policy
