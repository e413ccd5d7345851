// The registry on a loop of its own, with sources that answer when told to.
#include "shim/sources/plan_registry.h"

#include <gtest/gtest.h>

#include <deque>
#include <functional>
#include <memory>
#include <string>
#include <utility>

#include "shim/core/note_log.h"
#include "tests/shim/loop_support.h"

namespace sidecar_shim {
namespace {

// Far more than any test takes: who is released was not waited out.
constexpr Duration kLong = std::chrono::hours(1);
const absl::Status kUnknown = absl::NotFoundError("no such pod");
const absl::Status kSilent = absl::UnavailableError("unreachable");

struct NoHands : LaunchHand, StopHand, ProbeHand {
  void Launch(const policy::Launch&) override {}
  void ResumeLaunch(const policy::ResumeLaunch&) override {}
  void Forget(const policy::Forget&) override {}
  void Stop(const policy::StopSidecar&) override {}
  void Start(const policy::StartProbing&) override {}
  void Stop(const policy::StopProbing&) override {}
};

struct Question {
  policy::PodRef pod;
  PlanSource::Answer answer;
};

// Outlives the source, which is the registry's.
struct Script {
  std::deque<Question> questions;  // asking more moves none
  PlanSource::OnNews tell;
};

class ScriptedSource : public PlanSource {
 public:
  explicit ScriptedSource(Script& script) : script_(script) {}
  std::string name() const override { return "scripted"; }
  void Find(const PodQuery& query, Answer answer) override {
    script_.questions.push_back({query.pod, std::move(answer)});
  }
  void Follow(OnNews on_news) override { script_.tell = std::move(on_news); }

 private:
  Script& script_;
};

PodQuery Query(const std::string& name) { return {policy::PodRef{"default", name, "uid-" + name}, {}}; }

PodNews News(const std::string& source) {
  PodNews news;
  news.plan.source = source;
  news.plan.containers.emplace_back().name = "main";
  return news;
}

class PlanRegistryTest : public ::testing::Test {
 protected:
  PlanRegistryTest() {
    conductor_ = std::make_unique<Conductor>(*loop_, policy::Options());
    conductor_->SetHands(hands_, hands_, hands_, notes_);
    plans_ = std::make_unique<PlanRegistry>(*loop_, *conductor_, counters_, node_address_);
    plans_->Add(std::make_unique<ScriptedSource>(best_));
    plans_->Add(std::make_unique<ScriptedSource>(second_));
  }

  ~PlanRegistryTest() override {
    if (!turned_) TurnUntil([] { return true; });
  }

  bool TurnUntil(const std::function<bool()>& condition) {
    turned_ = true;
    return loop_.TurnUntil(condition, [this] {
      plans_->Stop();
      conductor_->Stop();
    });
  }

  // Whether somebody who waits for that pod's plan has been released.
  std::shared_ptr<bool> Wait(const std::string& pod, Duration patience = kLong) {
    auto released = std::make_shared<bool>(false);
    plans_->WhenAnswered(Query(pod), patience, [released] { *released = true; });
    return released;
  }

  void SeeSandbox(const std::string& pod) {
    policy::SandboxSeen seen;
    seen.sandbox = "sandbox-" + pod;
    seen.pod = Query(pod).pod;
    seen.ready = true;
    conductor_->Feed(seen);
  }

  // Where the policy's plan comes from, "" if it has none.
  std::string PlanOf(const std::string& pod) {
    const policy::PodState* state = conductor_->engine().FindPod(Query(pod).pod);
    return state != nullptr && state->plan ? state->plan->source : "";
  }

  uint64_t Count(const std::string& counter) {
    auto it = counters_.values().find(counter);
    return it == counters_.values().end() ? 0 : it->second;
  }
  uint64_t SlowSources() { return Count("slow_plan_sources"); }

  testing::TestLoop loop_;
  Counters counters_;
  NoteLog notes_{counters_};
  NoHands hands_;
  std::unique_ptr<Conductor> conductor_;
  Script best_;
  Script second_;
  NodeAddress node_address_;
  std::unique_ptr<PlanRegistry> plans_;
  bool turned_ = false;
};

TEST_F(PlanRegistryTest, BestAnswerIsWaitedForAndWins) {
  SeeSandbox("a");
  plans_->Ask(Query("a"));
  const auto released = Wait("a");
  second_.questions.at(0).answer(News("second"));
  EXPECT_FALSE(*released);
  EXPECT_EQ(PlanOf("a"), "second");
  best_.questions.at(0).answer(News("best"));
  EXPECT_TRUE(*released);
  EXPECT_EQ(PlanOf("a"), "best");
}

TEST_F(PlanRegistryTest, WhatIsTrueOfThePodCountsWhoeverSaysIt) {
  SeeSandbox("a");
  plans_->Ask(Query("a"));
  best_.questions.at(0).answer(News("best"));
  PodNews news = News("second");
  news.terminating = true;
  news.host_ip = "192.0.2.7";
  second_.tell(Query("a").pod, news);
  EXPECT_TRUE(conductor_->engine().FindPod(Query("a").pod)->terminating);
  EXPECT_EQ(node_address_.OfPod(""), "192.0.2.7");
  EXPECT_EQ(PlanOf("a"), "best");
}

TEST_F(PlanRegistryTest, PlanWithoutContainersHidesNoOther) {
  SeeSandbox("a");
  const auto released = Wait("a");
  PodNews empty = News("best");
  empty.plan.containers.clear();
  best_.tell(Query("a").pod, empty);
  best_.questions.at(0).answer(empty);
  EXPECT_EQ(PlanOf("a"), "");
  EXPECT_FALSE(*released);
  second_.questions.at(0).answer(News("second"));
  EXPECT_TRUE(*released);
  best_.tell(Query("a").pod, empty);
  EXPECT_EQ(PlanOf("a"), "second");
}

TEST_F(PlanRegistryTest, SourceWithoutAnswerIsWaitedForOnce) {
  const auto first = Wait("a");
  second_.questions.at(0).answer(kUnknown);
  EXPECT_FALSE(*first);
  best_.questions.at(0).answer(kSilent);
  EXPECT_TRUE(*first);
  EXPECT_EQ(SlowSources(), 1u);
  // Other pods' questions are put, but nobody waits for the answers.
  const auto second = Wait("b");
  EXPECT_EQ(best_.questions.size(), 2u);
  second_.questions.at(1).answer(kUnknown);
  EXPECT_TRUE(*second);
  best_.questions.at(1).answer(kSilent);
  EXPECT_EQ(SlowSources(), 1u);
}

TEST_F(PlanRegistryTest, WhoIsNotReadyYetIsNotAtFault) {
  const auto first = Wait("a");
  second_.questions.at(0).answer(kUnknown);
  best_.questions.at(0).answer(absl::FailedPreconditionError("initializing"));
  EXPECT_TRUE(*first);
  const auto second = Wait("b");
  second_.questions.at(1).answer(kUnknown);
  EXPECT_TRUE(*second) << "but nobody waits for it twice";
  EXPECT_EQ(SlowSources(), 0u);
  best_.tell(Query("c").pod, News("best"));
  const auto third = Wait("c");
  second_.questions.at(2).answer(kUnknown);
  EXPECT_FALSE(*third) << "until it is ready";
}

TEST_F(PlanRegistryTest, AnswersWithoutSenseCostNothingButTheirKnowledge) {
  SeeSandbox("a");
  const auto released = Wait("a");
  best_.questions.at(0).answer(absl::DataLossError("garbage"));
  EXPECT_FALSE(*released);
  second_.questions.at(0).answer(News("second"));
  EXPECT_TRUE(*released);
  EXPECT_EQ(PlanOf("a"), "second");
  EXPECT_EQ(Count("senseless_plan_answers"), 1u);
  EXPECT_EQ(SlowSources(), 0u);
  // The next pod's answer may make sense, so it is waited for.
  const auto next = Wait("b");
  second_.questions.at(1).answer(kUnknown);
  EXPECT_FALSE(*next);
  best_.questions.at(1).answer(News("best"));
  EXPECT_TRUE(*next);
}

TEST_F(PlanRegistryTest, EverybodyIsReleasedOnceTheSourceIsSlow) {
  const auto a = Wait("a");
  const auto b = Wait("b");
  for (Question& question : second_.questions) question.answer(kUnknown);
  best_.questions.at(0).answer(kSilent);
  EXPECT_TRUE(*a);
  EXPECT_TRUE(*b);
}

TEST_F(PlanRegistryTest, PatienceEndsTheWaitForEverybody) {
  const auto a = Wait("a", std::chrono::milliseconds(1));
  const auto b = Wait("b");
  for (Question& question : second_.questions) question.answer(kUnknown);
  EXPECT_TRUE(TurnUntil([&] { return *a && *b; }));
  EXPECT_EQ(SlowSources(), 1u);
}

TEST_F(PlanRegistryTest, CreatesOfAPodDoNotAskASilentSource) {
  plans_->Ask(Query("a"));
  second_.questions.at(0).answer(kUnknown);
  best_.questions.at(0).answer(kSilent);
  const Time began = Loop::Now();
  const auto first = Wait("a");
  second_.questions.at(1).answer(kUnknown);
  EXPECT_TRUE(*first);
  for (int create = 0; create < 5; ++create) {
    // Asked a moment ago; unless this machine stood still meanwhile.
    const auto next = Wait("a");
    EXPECT_TRUE(*next || Loop::Now() - began >= std::chrono::seconds(1));
  }
  EXPECT_EQ(best_.questions.size(), 1u);
}

TEST_F(PlanRegistryTest, FirstCreateAsksAgainWhereNobodyKnewThePod) {
  SeeSandbox("a");
  plans_->Ask(Query("a"));
  best_.questions.at(0).answer(kUnknown);
  second_.questions.at(0).answer(kUnknown);
  const auto released = Wait("a");
  second_.questions.at(1).answer(kUnknown);
  EXPECT_FALSE(*released);
  best_.questions.at(1).answer(News("best"));
  EXPECT_TRUE(*released);
  EXPECT_EQ(PlanOf("a"), "best");
}

TEST_F(PlanRegistryTest, AnyAnswerMakesTheSourceGoodAgain) {
  Wait("a");
  second_.questions.at(0).answer(kUnknown);
  best_.questions.at(0).answer(kSilent);
  plans_->Ask(Query("b"));
  best_.questions.at(1).answer(kUnknown);
  // What it owed is asked at once.
  ASSERT_EQ(best_.questions.size(), 3u);
  EXPECT_EQ(best_.questions.at(2).pod, Query("a").pod);
  const auto released = Wait("c");
  second_.questions.at(2).answer(kUnknown);
  EXPECT_FALSE(*released);
  best_.questions.at(3).answer(kUnknown);
  EXPECT_TRUE(*released);
}

TEST_F(PlanRegistryTest, NewsOfItsOwnAccordIsAnAnswer) {
  SeeSandbox("a");
  Wait("a");
  second_.questions.at(0).answer(kUnknown);
  best_.questions.at(0).answer(kSilent);
  best_.tell(Query("a").pod, News("best"));
  EXPECT_EQ(PlanOf("a"), "best");
  const auto released = Wait("b");
  second_.questions.at(1).answer(kUnknown);
  EXPECT_FALSE(*released);
  best_.tell(Query("b").pod, News("best"));  // before the answer
  EXPECT_TRUE(*released);
}

TEST_F(PlanRegistryTest, OpenQuestionsArePutAgainInTheBackground) {
  for (const char* pod : {"a", "b", "c"}) {
    SeeSandbox(pod);
    plans_->Ask(Query(pod));
  }
  for (Question& question : second_.questions) question.answer(kUnknown);
  for (size_t i = 0; i < 3; ++i) best_.questions.at(i).answer(kSilent);
  size_t answered = 3;
  EXPECT_TRUE(TurnUntil([&] {
    // One question at a time; the answer to it brings the next.
    if (best_.questions.size() > answered) {
      EXPECT_EQ(best_.questions.size(), answered + 1);
      best_.questions.at(answered++).answer(News("best"));
    }
    return PlanOf("a") == "best" && PlanOf("b") == "best" && PlanOf("c") == "best";
  }));
  EXPECT_EQ(answered, 6u);
}

TEST_F(PlanRegistryTest, RetriesTakeTurns) {
  for (const char* pod : {"a", "b"}) plans_->Ask(Query(pod));
  for (size_t i = 0; i < 2; ++i) best_.questions.at(i).answer(kSilent);
  EXPECT_TRUE(TurnUntil([&] {
    if (best_.questions.size() == 3) best_.questions.at(2).answer(kSilent);
    return best_.questions.size() == 4;
  }));
  EXPECT_NE(best_.questions.at(2).pod, best_.questions.at(3).pod);
}

TEST_F(PlanRegistryTest, WhoWaitsForAPodThatGoesIsReleased) {
  const auto released = Wait("a");
  plans_->Forget(Query("a").pod);
  EXPECT_TRUE(*released);
  best_.questions.at(0).answer(News("best"));
  EXPECT_EQ(plans_->size(), 0u);
}

}  // namespace
}  // namespace sidecar_shim
