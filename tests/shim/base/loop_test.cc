#include <gtest/gtest.h>

#include <atomic>
#include <functional>
#include <memory>
#include <optional>
#include <thread>
#include <vector>

#include "shim/base/epoll_loop.h"
#include "tests/support/client.h"
#include "tests/support/fake_loop.h"
#include "tests/support/loop_thread.h"

namespace sidecar_shim::testing {
namespace {

using namespace std::chrono_literals;

// A body that arrives in pieces, and events that a worker has parsed, would
// otherwise be put together wrongly.
TEST(EpollLoopTest, PostsKeepTheirOrder) {
  LoopThread loop;
  constexpr int kPosts = 1000;
  std::vector<int> seen;
  for (int i = 0; i < kPosts; ++i) {
    loop.loop().Post([&seen, i] { seen.push_back(i); });
  }
  size_t count = 0;
  ASSERT_TRUE(Eventually([&] {
    loop.Do([&] { count = seen.size(); });
    return count == kPosts;
  }));
  loop.Do([&seen] {
    for (int i = 0; i < kPosts; ++i) EXPECT_EQ(seen[i], i);
  });
}

TEST(EpollLoopTest, TimersRunInTheOrderOfTheirTimes) {
  EpollLoop loop;
  std::vector<int> ran;
  Loop::Timer late(loop), early(loop), cancelled(loop), never(loop);
  const Time now = loop.Now();
  late.Start(now + 20ms, [&] {
    ran.push_back(2);
    EXPECT_FALSE(late.pending());
    loop.Shutdown();
  });
  early.Start(now + 5ms, [&ran] { ran.push_back(1); });
  cancelled.Start(now + 10ms, [&ran] { ran.push_back(0); });
  cancelled.Cancel();
  never.Start(now + 1h, [&ran] { ran.push_back(3); });
  loop.Run();
  EXPECT_EQ(ran, (std::vector<int>{1, 2}));
  EXPECT_GE(loop.Now(), now + 20ms);
  EXPECT_FALSE(never.pending());
}

TEST(EpollLoopTest, RunsUntilTheLastOperationHasEnded) {
  EpollLoop loop;
  bool posted = false;
  loop.Post([&] {
    loop.Shutdown();
    loop.Post([&posted] { posted = true; });
  });
  loop.Run();
  EXPECT_TRUE(posted);
  loop.Post([] { FAIL() << "the loop has ended"; });
}

TEST(TimerQueueTest, WorkMayOwnItsTimer) {
  FakeLoop loop;
  auto timer = std::make_shared<Loop::Timer>(loop);
  const std::weak_ptr<Loop::Timer> alive = timer;
  timer->Start(loop.Now() + 1s, [timer] {});
  timer.reset();
  EXPECT_FALSE(alive.expired());
  loop.Advance(1s);
  EXPECT_TRUE(alive.expired());
}

// What it replaces may own the timer too.
TEST(TimerQueueTest, RestartMayDestroyTheTimer) {
  FakeLoop loop;
  auto timer = std::make_shared<Loop::Timer>(loop);
  const std::weak_ptr<Loop::Timer> alive = timer;
  Loop::Timer& raw = *timer;
  timer->Start(loop.Now() + 1s, [timer] {});
  timer.reset();
  raw.Start(loop.Now() + 2s, [] { FAIL() << "its timer is gone"; });
  EXPECT_TRUE(alive.expired());
  loop.Advance(3s);
}

TEST(EpollLoopTest, TimerThatRestartsInThePastLeavesTimeForTheRest) {
  EpollLoop loop;
  Loop::Timer timer(loop);
  std::atomic<int> rounds = 0;
  std::function<void()> again = [&] {
    ++rounds;
    timer.Start(loop.Now() - 1s, again);
  };
  timer.Start(loop.Now() - 1s, again);
  std::thread other([&] {
    while (rounds < 3) std::this_thread::yield();
    loop.Post([&loop] { loop.Shutdown(); });
  });
  loop.Run();
  other.join();
}

TEST(FakeLoopTest, AdvanceRunsEachTimerAtItsTime) {
  FakeLoop loop;
  const Time began = loop.Now();
  const WallTime wall_began = loop.WallNow();
  std::vector<Duration> ran;
  Loop::Timer timer(loop);
  std::function<void()> again = [&] {
    ran.push_back(loop.Now() - began);
    loop.Post([&] { timer.Start(loop.Now() + 2s, again); });
  };
  timer.Start(began + 1s, again);
  loop.Advance(6s);
  EXPECT_EQ(ran, (std::vector<Duration>{1s, 3s, 5s}));
  EXPECT_EQ(loop.Now(), began + 6s);
  EXPECT_EQ(loop.WallNow(), wall_began + 6s);
}

TEST(FakeLoopTest, RunUntilWaitsForOtherThreadsInNoVirtualTime) {
  FakeLoop loop;
  const Time began = loop.Now();
  bool posted = false;
  std::thread other([&] { loop.Post([&posted] { posted = true; }); });
  EXPECT_TRUE(loop.RunUntil([&posted] { return posted; }));
  EXPECT_EQ(loop.Now(), began);
  other.join();
}

}  // namespace
}  // namespace sidecar_shim::testing
