// The registry on a loop of its own, with sources that answer when told to.
#include "shim/specs/spec_resolver.h"

#include <gtest/gtest.h>

#include <deque>
#include <functional>
#include <memory>
#include <string>
#include <utility>

#include "shim/actuators/decision_log.h"
#include "tests/support/loop_support.h"

namespace sidecar_shim {
namespace {

// Far more than any test takes: who is released was not waited out.
constexpr Duration kLong = std::chrono::hours(1);
const absl::Status kUnknown = absl::NotFoundError("no such pod");
const absl::Status kSilent = absl::UnavailableError("unreachable");

struct NoHands : ContainerLauncher, SidecarStopper, ReadinessProber {
  void Launch(const policy::Launch&) override {}
  void ResumeLaunch(const policy::ResumeLaunch&) override {}
  void Forget(const policy::Forget&) override {}
  void Stop(const policy::StopSidecar&) override {}
  void Start(const policy::StartProbing&) override {}
  void Stop(const policy::StopProbing&) override {}
};

struct QueryState {
  policy::PodRef pod;
  SpecSource::Answer answer;
};

// Outlives the source, which is the registry's.
struct Script {
  std::deque<QueryState> queries;  // asking more moves none
  SpecSource::UpdateCallback tell;
};

class ScriptedSource : public SpecSource {
 public:
  explicit ScriptedSource(Script& script) : script_(script) {}
  std::string name() const override { return "scripted"; }
  void Find(const PodQuery& query, Answer answer) override {
    script_.queries.push_back({query.pod, std::move(answer)});
  }
  void Follow(UpdateCallback on_update) override { script_.tell = std::move(on_update); }

 private:
  Script& script_;
};

PodQuery Query(const std::string& name) { return {policy::PodRef{"default", name, "uid-" + name}, {}}; }

PodUpdate News(const std::string& source) {
  PodUpdate update;
  update.spec.source = source;
  update.spec.containers.emplace_back().name = "main";
  return update;
}

class PlanRegistryTest : public ::testing::Test {
 protected:
  PlanRegistryTest() {
    driver_ = std::make_unique<PolicyDriver>(*loop_, policy::Options());
    driver_->SetActuators(hands_, hands_, hands_, notes_);
    specs_ = std::make_unique<SpecResolver>(*loop_, *driver_, counters_, node_address_);
    specs_->Add(std::make_unique<ScriptedSource>(best_));
    specs_->Add(std::make_unique<ScriptedSource>(second_));
  }

  ~PlanRegistryTest() override {
    if (!turned_) TurnUntil([] { return true; });
  }

  bool TurnUntil(const std::function<bool()>& condition) {
    turned_ = true;
    return loop_.TurnUntil(condition, [this] {
      specs_->Stop();
      driver_->Stop();
    });
  }

  // Whether somebody who waits for that pod's spec has been released.
  std::shared_ptr<bool> Wait(const std::string& pod, Duration patience = kLong) {
    auto released = std::make_shared<bool>(false);
    specs_->WhenResolved(Query(pod), patience, [released] { *released = true; });
    return released;
  }

  void SeeSandbox(const std::string& pod) {
    policy::SandboxSeen seen;
    seen.sandbox = policy::SandboxId("sandbox-" + pod);
    seen.pod = Query(pod).pod;
    seen.ready = true;
    driver_->Post(seen);
  }

  // Where the policy's spec comes from, "" if it has none.
  std::string PlanOf(const std::string& pod) {
    const policy::PodState* state = driver_->engine().FindPod(Query(pod).pod);
    return state != nullptr && state->spec ? state->spec->source : "";
  }

  uint64_t Count(Counter Counters::*counter) { return (counters_.*counter).value(); }
  uint64_t SlowSources() { return Count(&Counters::unresponsive_spec_sources); }

  testing::TestLoop loop_;
  Counters counters_;
  CountingDecisionLog notes_{counters_};
  NoHands hands_;
  std::unique_ptr<PolicyDriver> driver_;
  Script best_;
  Script second_;
  NodeAddress node_address_;
  std::unique_ptr<SpecResolver> specs_;
  bool turned_ = false;
};

TEST_F(PlanRegistryTest, BestAnswerIsWaitedForAndWins) {
  SeeSandbox("a");
  specs_->Resolve(Query("a"));
  const auto released = Wait("a");
  second_.queries.at(0).answer(News("second"));
  EXPECT_FALSE(*released);
  EXPECT_EQ(PlanOf("a"), "second");
  best_.queries.at(0).answer(News("best"));
  EXPECT_TRUE(*released);
  EXPECT_EQ(PlanOf("a"), "best");
}

TEST_F(PlanRegistryTest, WhatIsTrueOfThePodCountsWhoeverSaysIt) {
  SeeSandbox("a");
  specs_->Resolve(Query("a"));
  best_.queries.at(0).answer(News("best"));
  PodUpdate update = News("second");
  update.terminating = true;
  update.host_ip = "192.0.2.7";
  second_.tell(Query("a").pod, update);
  EXPECT_TRUE(driver_->engine().FindPod(Query("a").pod)->terminating);
  EXPECT_EQ(node_address_.OfPod(""), "192.0.2.7");
  EXPECT_EQ(PlanOf("a"), "best");
}

TEST_F(PlanRegistryTest, PlanWithoutContainersHidesNoOther) {
  SeeSandbox("a");
  const auto released = Wait("a");
  PodUpdate empty = News("best");
  empty.spec.containers.clear();
  best_.tell(Query("a").pod, empty);
  best_.queries.at(0).answer(empty);
  EXPECT_EQ(PlanOf("a"), "");
  EXPECT_FALSE(*released);
  second_.queries.at(0).answer(News("second"));
  EXPECT_TRUE(*released);
  best_.tell(Query("a").pod, empty);
  EXPECT_EQ(PlanOf("a"), "second");
}

TEST_F(PlanRegistryTest, SourceWithoutAnswerIsWaitedForOnce) {
  const auto first = Wait("a");
  second_.queries.at(0).answer(kUnknown);
  EXPECT_FALSE(*first);
  best_.queries.at(0).answer(kSilent);
  EXPECT_TRUE(*first);
  EXPECT_EQ(SlowSources(), 1u);
  // Other pods' queries are put, but nobody waits for the answers.
  const auto second = Wait("b");
  EXPECT_EQ(best_.queries.size(), 2u);
  second_.queries.at(1).answer(kUnknown);
  EXPECT_TRUE(*second);
  best_.queries.at(1).answer(kSilent);
  EXPECT_EQ(SlowSources(), 1u);
}

TEST_F(PlanRegistryTest, WhoIsNotReadyYetIsNotAtFault) {
  const auto first = Wait("a");
  second_.queries.at(0).answer(kUnknown);
  best_.queries.at(0).answer(absl::FailedPreconditionError("initializing"));
  EXPECT_TRUE(*first);
  const auto second = Wait("b");
  second_.queries.at(1).answer(kUnknown);
  EXPECT_TRUE(*second) << "but nobody waits for it twice";
  EXPECT_EQ(SlowSources(), 0u);
  best_.tell(Query("c").pod, News("best"));
  const auto third = Wait("c");
  second_.queries.at(2).answer(kUnknown);
  EXPECT_FALSE(*third) << "until it is ready";
}

TEST_F(PlanRegistryTest, AnswersWithoutSenseCostNothingButTheirKnowledge) {
  SeeSandbox("a");
  const auto released = Wait("a");
  best_.queries.at(0).answer(absl::DataLossError("garbage"));
  EXPECT_FALSE(*released);
  second_.queries.at(0).answer(News("second"));
  EXPECT_TRUE(*released);
  EXPECT_EQ(PlanOf("a"), "second");
  EXPECT_EQ(Count(&Counters::malformed_spec_answers), 1u);
  EXPECT_EQ(SlowSources(), 0u);
  // The next pod's answer may make sense, so it is waited for.
  const auto next = Wait("b");
  second_.queries.at(1).answer(kUnknown);
  EXPECT_FALSE(*next);
  best_.queries.at(1).answer(News("best"));
  EXPECT_TRUE(*next);
}

TEST_F(PlanRegistryTest, EverybodyIsReleasedOnceTheSourceIsSlow) {
  const auto a = Wait("a");
  const auto b = Wait("b");
  for (QueryState& query_state : second_.queries) query_state.answer(kUnknown);
  best_.queries.at(0).answer(kSilent);
  EXPECT_TRUE(*a);
  EXPECT_TRUE(*b);
}

TEST_F(PlanRegistryTest, PatienceEndsTheWaitForEverybody) {
  const auto a = Wait("a", std::chrono::milliseconds(1));
  const auto b = Wait("b");
  for (QueryState& query_state : second_.queries) query_state.answer(kUnknown);
  EXPECT_TRUE(TurnUntil([&] { return *a && *b; }));
  EXPECT_EQ(SlowSources(), 1u);
}

TEST_F(PlanRegistryTest, CreatesOfAPodDoNotAskASilentSource) {
  specs_->Resolve(Query("a"));
  second_.queries.at(0).answer(kUnknown);
  best_.queries.at(0).answer(kSilent);
  const Time began = Loop::Now();
  const auto first = Wait("a");
  second_.queries.at(1).answer(kUnknown);
  EXPECT_TRUE(*first);
  for (int create = 0; create < 5; ++create) {
    // Asked a moment ago; unless this machine stood still meanwhile.
    const auto next = Wait("a");
    EXPECT_TRUE(*next || Loop::Now() - began >= std::chrono::seconds(1));
  }
  EXPECT_EQ(best_.queries.size(), 1u);
}

TEST_F(PlanRegistryTest, FirstCreateAsksAgainWhereNobodyKnewThePod) {
  SeeSandbox("a");
  specs_->Resolve(Query("a"));
  best_.queries.at(0).answer(kUnknown);
  second_.queries.at(0).answer(kUnknown);
  const auto released = Wait("a");
  second_.queries.at(1).answer(kUnknown);
  EXPECT_FALSE(*released);
  best_.queries.at(1).answer(News("best"));
  EXPECT_TRUE(*released);
  EXPECT_EQ(PlanOf("a"), "best");
}

TEST_F(PlanRegistryTest, AnyAnswerMakesTheSourceGoodAgain) {
  Wait("a");
  second_.queries.at(0).answer(kUnknown);
  best_.queries.at(0).answer(kSilent);
  specs_->Resolve(Query("b"));
  best_.queries.at(1).answer(kUnknown);
  // What it owed is asked at once.
  ASSERT_EQ(best_.queries.size(), 3u);
  EXPECT_EQ(best_.queries.at(2).pod, Query("a").pod);
  const auto released = Wait("c");
  second_.queries.at(2).answer(kUnknown);
  EXPECT_FALSE(*released);
  best_.queries.at(3).answer(kUnknown);
  EXPECT_TRUE(*released);
}

TEST_F(PlanRegistryTest, NewsOfItsOwnAccordIsAnAnswer) {
  SeeSandbox("a");
  Wait("a");
  second_.queries.at(0).answer(kUnknown);
  best_.queries.at(0).answer(kSilent);
  best_.tell(Query("a").pod, News("best"));
  EXPECT_EQ(PlanOf("a"), "best");
  const auto released = Wait("b");
  second_.queries.at(1).answer(kUnknown);
  EXPECT_FALSE(*released);
  best_.tell(Query("b").pod, News("best"));  // before the answer
  EXPECT_TRUE(*released);
}

TEST_F(PlanRegistryTest, OpenQuestionsArePutAgainInTheBackground) {
  for (const char* pod : {"a", "b", "c"}) {
    SeeSandbox(pod);
    specs_->Resolve(Query(pod));
  }
  for (QueryState& query_state : second_.queries) query_state.answer(kUnknown);
  for (size_t i = 0; i < 3; ++i) best_.queries.at(i).answer(kSilent);
  size_t answered = 3;
  EXPECT_TRUE(TurnUntil([&] {
    // One query_state at a time; the answer to it brings the next.
    if (best_.queries.size() > answered) {
      EXPECT_EQ(best_.queries.size(), answered + 1);
      best_.queries.at(answered++).answer(News("best"));
    }
    return PlanOf("a") == "best" && PlanOf("b") == "best" && PlanOf("c") == "best";
  }));
  EXPECT_EQ(answered, 6u);
}

TEST_F(PlanRegistryTest, RetriesTakeTurns) {
  for (const char* pod : {"a", "b"}) specs_->Resolve(Query(pod));
  for (size_t i = 0; i < 2; ++i) best_.queries.at(i).answer(kSilent);
  EXPECT_TRUE(TurnUntil([&] {
    if (best_.queries.size() == 3) best_.queries.at(2).answer(kSilent);
    return best_.queries.size() == 4;
  }));
  EXPECT_NE(best_.queries.at(2).pod, best_.queries.at(3).pod);
}

TEST_F(PlanRegistryTest, WhoWaitsForAPodThatGoesIsReleased) {
  const auto released = Wait("a");
  specs_->Forget(Query("a").pod);
  EXPECT_TRUE(*released);
  best_.queries.at(0).answer(News("best"));
  EXPECT_EQ(specs_->size(), 0u);
}

}  // namespace
}  // namespace sidecar_shim
