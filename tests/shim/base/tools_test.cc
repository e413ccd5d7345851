// The small tools of shim/base: back-off, lifetime, off-load, wait list.
#include <gtest/gtest.h>

#include <functional>
#include <memory>
#include <optional>
#include <string>
#include <thread>
#include <vector>

#include "shim/base/backoff.h"
#include "shim/base/lifetime.h"
#include "shim/base/offload.h"
#include "shim/base/wait_list.h"
#include "tests/support/fake_loop.h"

namespace sidecar_shim::testing {
namespace {

using namespace std::chrono_literals;

TEST(BackoffTest, GrowsToItsLimitAndStartsOverAfterReset) {
  Backoff backoff({.initial = 1s, .max = 5s});
  EXPECT_TRUE(backoff.IsReset());
  for (const Duration pause : {1s, 2s, 4s, 5s, 5s}) EXPECT_EQ(backoff.Next(), pause);
  EXPECT_FALSE(backoff.IsReset());
  backoff.Reset();
  EXPECT_TRUE(backoff.IsReset());
  EXPECT_EQ(backoff.Next(), Duration(1s));
}

TEST(BackoffTest, JitterAddsUpToItsShare) {
  Backoff backoff({.initial = 1s, .multiplier = 3, .jitter = 0.5, .max = 9s});
  for (const Duration pause : {1s, 3s, 9s, 9s}) {
    const Duration next = backoff.Next();
    EXPECT_GE(next, pause);
    EXPECT_LE(next, pause * 3 / 2);
  }
}

TEST(LifetimeTest, GuardedCallbackEndsWithItsOwner) {
  std::vector<std::string> calls;
  auto owner = std::make_unique<Lifetime>();
  const std::function<void(const std::string&)> first =
      owner->Guard([&calls](const std::string& text) { calls.push_back(text); });
  first("before");
  owner->Restart();
  first("after restart");
  const Lifetime::Handle second = owner->handle();
  EXPECT_TRUE(second.alive());
  owner.reset();
  EXPECT_FALSE(second.alive());
  EXPECT_EQ(calls, (std::vector<std::string>{"before"}));
}

TEST(OffloadTest, WorksOnTheWorkerAndReturnsToTheLoop) {
  FakeLoop loop;
  Worker worker;
  const Lifetime owner;
  std::optional<std::thread::id> worked_on;
  std::unique_ptr<int> result;
  Offload(
      worker, loop, owner,
      [&worked_on] {
        worked_on = std::this_thread::get_id();
        return std::make_unique<int>(7);
      },
      [&result](std::unique_ptr<int> number) { result = std::move(number); });
  ASSERT_TRUE(loop.RunUntil([&result] { return result != nullptr; }));
  EXPECT_EQ(*result, 7);
  EXPECT_NE(worked_on, std::this_thread::get_id());
}

TEST(OffloadTest, ResultIsDroppedWhereTheOwnerIsGone) {
  FakeLoop loop;
  Worker worker;
  auto owner = std::make_unique<Lifetime>();
  Offload(
      worker, loop, *owner, [] { return 1; }, [](int) { FAIL() << "the owner is gone"; });
  owner.reset();
  bool later = false;
  Offload(
      worker, loop, Lifetime(), [] { return 1; }, [](int) {});
  worker.Run([&] { loop.Post([&later] { later = true; }); });
  EXPECT_TRUE(loop.RunUntil([&later] { return later; }));
}

TEST(WaitListTest, WaitersAreTakenOrTimeOutOneByOne) {
  FakeLoop loop;
  WaitList<int> waiters(loop);
  std::vector<int> late;
  for (int i = 1; i <= 4; ++i) waiters.Add(i, i * 1s, [&late](int waiter) { late.push_back(waiter); });
  loop.Advance(1s);
  EXPECT_EQ(late, (std::vector<int>{1}));
  EXPECT_EQ(waiters.TakeIf([](int waiter) { return waiter % 2 == 0; }), (std::vector<int>{2, 4}));
  waiters.ForEach([](int& waiter) { waiter *= 10; });
  EXPECT_EQ(waiters.TakeAll(), (std::vector<int>{30}));
  EXPECT_TRUE(waiters.empty());
  loop.Advance(1h);
  EXPECT_EQ(late, (std::vector<int>{1}));
}

}  // namespace
}  // namespace sidecar_shim::testing
