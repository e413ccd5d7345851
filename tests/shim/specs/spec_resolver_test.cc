// The resolver with scripted sources, in virtual time.
#include "shim/specs/spec_resolver.h"

#include <gtest/gtest.h>

#include <deque>
#include <functional>
#include <memory>
#include <string>
#include <utility>

#include "shim/actuators/decision_log.h"
#include "tests/support/actuator_support.h"
#include "tests/support/fake_loop.h"

namespace sidecar_shim {
namespace {

// A waiter that is released before has not timed out.
constexpr Duration kLong = std::chrono::hours(1);
const absl::Status kUnknown = absl::NotFoundError("no such pod");
const absl::Status kSilent = absl::UnavailableError("unreachable");

struct ScriptedQuery {
  policy::PodRef pod;
  SpecSource::Answer answer;
};

// Outlives the source, which the resolver owns.
struct Script {
  std::deque<ScriptedQuery> queries;  // a deque: later queries move none
  SpecSource::UpdateCallback publish;
};

class ScriptedSource : public SpecSource {
 public:
  explicit ScriptedSource(Script& script) : script_(script) {}
  std::string name() const override { return "scripted"; }
  void Find(const PodQuery& query, Answer answer) override {
    script_.queries.push_back({query.pod, std::move(answer)});
  }
  void Follow(UpdateCallback on_update) override { script_.publish = std::move(on_update); }

 private:
  Script& script_;
};

PodQuery Query(const std::string& name) { return {policy::PodRef{"default", name, "uid-" + name}, {}}; }

PodUpdate UpdateFrom(const std::string& source) {
  PodUpdate update;
  update.spec.source = source;
  update.spec.containers.emplace_back().name = "main";
  return update;
}

class SpecResolverTest : public ::testing::Test {
 protected:
  SpecResolverTest() {
    driver_.SetActuators(actuators_, actuators_, actuators_, notes_);
    specs_.Add(std::make_unique<ScriptedSource>(best_));
    specs_.Add(std::make_unique<ScriptedSource>(second_));
  }

  // Becomes true when a waiter for that pod's spec is released.
  std::shared_ptr<bool> Wait(const std::string& pod, Duration timeout = kLong) {
    auto released = std::make_shared<bool>(false);
    specs_.WhenResolved(Query(pod), timeout, [released] { *released = true; });
    return released;
  }

  void SeeSandbox(const std::string& pod) {
    policy::SandboxSeen seen;
    seen.sandbox = policy::SandboxId("sandbox-" + pod);
    seen.pod = Query(pod).pod;
    seen.ready = true;
    driver_.Post(seen);
  }

  // Where the policy's spec comes from, "" if it has none.
  std::string SourceOfSpec(const std::string& pod) {
    const policy::PodState* state = driver_.engine().FindPod(Query(pod).pod);
    return state != nullptr && state->spec ? state->spec->source : "";
  }

  uint64_t Count(Counter Counters::*counter) { return (counters_.*counter).value(); }
  uint64_t UnresponsiveSources() { return Count(&Counters::unresponsive_spec_sources); }

  testing::FakeLoop loop_;
  Counters counters_;
  CountingDecisionLog notes_{counters_};
  testing::NoActuators actuators_;
  PolicyDriver driver_{loop_, policy::Options()};
  Script best_;
  Script second_;
  NodeAddress node_address_;
  SpecResolver specs_{loop_, driver_, counters_, node_address_};
};

TEST_F(SpecResolverTest, BestAnswerIsWaitedForAndWins) {
  SeeSandbox("a");
  specs_.Resolve(Query("a"));
  const auto released = Wait("a");
  second_.queries.at(0).answer(UpdateFrom("second"));
  EXPECT_FALSE(*released);
  EXPECT_EQ(SourceOfSpec("a"), "second");
  best_.queries.at(0).answer(UpdateFrom("best"));
  EXPECT_TRUE(*released);
  EXPECT_EQ(SourceOfSpec("a"), "best");
}

TEST_F(SpecResolverTest, StateCountsWhateverTheRankOfItsSource) {
  SeeSandbox("a");
  specs_.Resolve(Query("a"));
  best_.queries.at(0).answer(UpdateFrom("best"));
  PodUpdate update = UpdateFrom("second");
  update.terminating = true;
  update.host_ip = "192.0.2.7";
  second_.publish(Query("a").pod, update);
  EXPECT_TRUE(driver_.engine().FindPod(Query("a").pod)->terminating);
  EXPECT_EQ(node_address_.OfPod(""), "192.0.2.7");
  EXPECT_EQ(SourceOfSpec("a"), "best");
}

TEST_F(SpecResolverTest, SpecWithoutContainersHidesNoOther) {
  SeeSandbox("a");
  const auto released = Wait("a");
  PodUpdate empty = UpdateFrom("best");
  empty.spec.containers.clear();
  best_.publish(Query("a").pod, empty);
  best_.queries.at(0).answer(empty);
  EXPECT_EQ(SourceOfSpec("a"), "");
  EXPECT_FALSE(*released);
  second_.queries.at(0).answer(UpdateFrom("second"));
  EXPECT_TRUE(*released);
  best_.publish(Query("a").pod, empty);
  EXPECT_EQ(SourceOfSpec("a"), "second");
}

TEST_F(SpecResolverTest, SourceWithoutAnswerIsWaitedForOnce) {
  const auto first = Wait("a");
  second_.queries.at(0).answer(kUnknown);
  EXPECT_FALSE(*first);
  best_.queries.at(0).answer(kSilent);
  EXPECT_TRUE(*first);
  EXPECT_EQ(UnresponsiveSources(), 1u);
  // Other pods' queries are sent, but not waited for.
  const auto second = Wait("b");
  EXPECT_EQ(best_.queries.size(), 2u);
  second_.queries.at(1).answer(kUnknown);
  EXPECT_TRUE(*second);
  best_.queries.at(1).answer(kSilent);
  EXPECT_EQ(UnresponsiveSources(), 1u);
}

TEST_F(SpecResolverTest, SourceThatIsNotReadyYetIsNotCounted) {
  const auto first = Wait("a");
  second_.queries.at(0).answer(kUnknown);
  best_.queries.at(0).answer(absl::FailedPreconditionError("initializing"));
  EXPECT_TRUE(*first);
  const auto second = Wait("b");
  second_.queries.at(1).answer(kUnknown);
  EXPECT_TRUE(*second) << "it is waited for once";
  EXPECT_EQ(UnresponsiveSources(), 0u);
  best_.publish(Query("c").pod, UpdateFrom("best"));
  const auto third = Wait("c");
  second_.queries.at(2).answer(kUnknown);
  EXPECT_FALSE(*third) << "until it is ready";
}

TEST_F(SpecResolverTest, MalformedAnswerCountsAsUnknown) {
  SeeSandbox("a");
  const auto released = Wait("a");
  best_.queries.at(0).answer(absl::DataLossError("garbage"));
  EXPECT_FALSE(*released);
  second_.queries.at(0).answer(UpdateFrom("second"));
  EXPECT_TRUE(*released);
  EXPECT_EQ(SourceOfSpec("a"), "second");
  EXPECT_EQ(Count(&Counters::malformed_spec_answers), 1u);
  EXPECT_EQ(UnresponsiveSources(), 0u);
  // The next pod's answer may be valid, so it is waited for.
  const auto next = Wait("b");
  second_.queries.at(1).answer(kUnknown);
  EXPECT_FALSE(*next);
  best_.queries.at(1).answer(UpdateFrom("best"));
  EXPECT_TRUE(*next);
}

TEST_F(SpecResolverTest, UnresponsiveSourceReleasesAllWaiters) {
  const auto a = Wait("a");
  const auto b = Wait("b");
  for (ScriptedQuery& query : second_.queries) query.answer(kUnknown);
  best_.queries.at(0).answer(kSilent);
  EXPECT_TRUE(*a);
  EXPECT_TRUE(*b);
}

TEST_F(SpecResolverTest, TimeoutReleasesAllWaiters) {
  const auto a = Wait("a", std::chrono::seconds(1));
  const auto b = Wait("b");
  for (ScriptedQuery& query : second_.queries) query.answer(kUnknown);
  loop_.Advance(std::chrono::milliseconds(999));
  EXPECT_FALSE(*a || *b);
  loop_.Advance(std::chrono::milliseconds(1));
  EXPECT_TRUE(*a && *b);
  EXPECT_EQ(UnresponsiveSources(), 1u);
}

TEST_F(SpecResolverTest, CreatesOfAPodDoNotQueryAnUnresponsiveSource) {
  specs_.Resolve(Query("a"));
  second_.queries.at(0).answer(kUnknown);
  best_.queries.at(0).answer(kSilent);
  const auto first = Wait("a");
  second_.queries.at(1).answer(kUnknown);
  EXPECT_TRUE(*first);
  for (int create = 0; create < 5; ++create) EXPECT_TRUE(*Wait("a"));
  EXPECT_EQ(best_.queries.size(), 1u);
}

TEST_F(SpecResolverTest, UnknownPodIsQueriedAgainOnceASecond) {
  Wait("a");
  best_.queries.at(0).answer(kUnknown);
  second_.queries.at(0).answer(kUnknown);
  EXPECT_TRUE(*Wait("a")) << "queried a moment ago";
  loop_.Advance(std::chrono::milliseconds(999));
  EXPECT_TRUE(*Wait("a"));
  EXPECT_EQ(best_.queries.size(), 1u);
  loop_.Advance(std::chrono::milliseconds(1));
  EXPECT_FALSE(*Wait("a"));
  EXPECT_EQ(best_.queries.size(), 2u);
}

TEST_F(SpecResolverTest, FirstCreateQueriesAgainForAnUnknownPod) {
  SeeSandbox("a");
  specs_.Resolve(Query("a"));
  best_.queries.at(0).answer(kUnknown);
  second_.queries.at(0).answer(kUnknown);
  const auto released = Wait("a");
  second_.queries.at(1).answer(kUnknown);
  EXPECT_FALSE(*released);
  best_.queries.at(1).answer(UpdateFrom("best"));
  EXPECT_TRUE(*released);
  EXPECT_EQ(SourceOfSpec("a"), "best");
}

TEST_F(SpecResolverTest, AnyAnswerEndsUnresponsiveness) {
  Wait("a");
  second_.queries.at(0).answer(kUnknown);
  best_.queries.at(0).answer(kSilent);
  specs_.Resolve(Query("b"));
  best_.queries.at(1).answer(kUnknown);
  // Its unanswered query is retried at once.
  ASSERT_EQ(best_.queries.size(), 3u);
  EXPECT_EQ(best_.queries.at(2).pod, Query("a").pod);
  const auto released = Wait("c");
  second_.queries.at(2).answer(kUnknown);
  EXPECT_FALSE(*released);
  best_.queries.at(3).answer(kUnknown);
  EXPECT_TRUE(*released);
}

TEST_F(SpecResolverTest, PublishedUpdateIsAnAnswer) {
  SeeSandbox("a");
  Wait("a");
  second_.queries.at(0).answer(kUnknown);
  best_.queries.at(0).answer(kSilent);
  best_.publish(Query("a").pod, UpdateFrom("best"));
  EXPECT_EQ(SourceOfSpec("a"), "best");
  const auto released = Wait("b");
  second_.queries.at(1).answer(kUnknown);
  EXPECT_FALSE(*released);
  best_.publish(Query("b").pod, UpdateFrom("best"));  // before the answer
  EXPECT_TRUE(*released);
}

TEST_F(SpecResolverTest, UnansweredQueriesAreRetriedInTheBackground) {
  for (const char* pod : {"a", "b", "c"}) {
    SeeSandbox(pod);
    specs_.Resolve(Query(pod));
  }
  for (ScriptedQuery& query : second_.queries) query.answer(kUnknown);
  for (size_t i = 0; i < 3; ++i) best_.queries.at(i).answer(kSilent);
  loop_.Advance(std::chrono::milliseconds(999));
  EXPECT_EQ(best_.queries.size(), 3u);
  loop_.Advance(std::chrono::milliseconds(1));
  // One query at a time; the answer to it brings the next.
  for (size_t retried = 3; retried < 6; ++retried) {
    ASSERT_EQ(best_.queries.size(), retried + 1);
    best_.queries.at(retried).answer(UpdateFrom("best"));
  }
  for (const char* pod : {"a", "b", "c"}) EXPECT_EQ(SourceOfSpec(pod), "best");
  loop_.Advance(kLong);
  EXPECT_EQ(best_.queries.size(), 6u);
}

TEST_F(SpecResolverTest, RetriesTakeTurnsAndBackOff) {
  for (const char* pod : {"a", "b"}) specs_.Resolve(Query(pod));
  for (size_t i = 0; i < 2; ++i) best_.queries.at(i).answer(kSilent);
  for (const int pause : {1, 2, 4, 8, 16, 30, 30}) {
    const size_t before = best_.queries.size();
    loop_.Advance(std::chrono::seconds(pause) - std::chrono::nanoseconds(1));
    EXPECT_EQ(best_.queries.size(), before) << pause;
    loop_.Advance(std::chrono::nanoseconds(1));
    ASSERT_EQ(best_.queries.size(), before + 1) << pause;
    EXPECT_EQ(best_.queries.at(before).pod, best_.queries.at(before % 2).pod);
    best_.queries.at(before).answer(kSilent);
  }
}

TEST_F(SpecResolverTest, WaiterForARemovedPodIsReleased) {
  const auto released = Wait("a");
  specs_.Forget(Query("a").pod);
  EXPECT_TRUE(*released);
  best_.queries.at(0).answer(UpdateFrom("best"));
  EXPECT_EQ(specs_.size(), 0u);
}

}  // namespace
}  // namespace sidecar_shim
