// Descriptors on the loop, and work at the end of its turns.
#include <gtest/gtest.h>
#include <sys/socket.h>
#include <unistd.h>

#include <cstdlib>
#include <functional>
#include <memory>
#include <string>
#include <utility>
#include <vector>

#include "tests/support/fake_loop.h"

namespace sidecar_shim::testing {
namespace {

class Sockets {
 public:
  Sockets() {
    if (socketpair(AF_UNIX, SOCK_STREAM | SOCK_NONBLOCK | SOCK_CLOEXEC, 0, fds_) != 0) std::abort();
  }
  ~Sockets() {
    for (const int fd : fds_) {
      if (fd >= 0) close(fd);
    }
  }
  Sockets(const Sockets&) = delete;
  Sockets& operator=(const Sockets&) = delete;

  int mine() const { return fds_[0]; }
  void Say() const { EXPECT_EQ(write(fds_[1], "x", 1), 1); }
  void Hear() const {
    char byte = 0;
    EXPECT_EQ(read(fds_[0], &byte, 1), 1);
  }
  void LeaveMine() { close(std::exchange(fds_[0], -1)); }
  void LeaveOther() { close(std::exchange(fds_[1], -1)); }
  // This pair's end gets that number, which is free.
  void Take(int number) {
    ASSERT_EQ(dup2(fds_[0], number), number);
    close(std::exchange(fds_[0], number));
  }

 private:
  int fds_[2] = {-1, -1};
};

class Recorder : public Loop::Watch::Observer {
 public:
  Recorder(Loop& loop, const Sockets& sockets, bool read, bool write)
      : watch(std::make_unique<Loop::Watch>(loop, sockets.mine(), read, write,
                                            static_cast<Loop::Watch::Observer&>(*this))) {}

  void OnReady(bool can_read, bool can_write) override {
    reads += can_read ? 1 : 0;
    writes += can_write ? 1 : 0;
    if (then) then();
  }

  int reads = 0;
  int writes = 0;
  std::function<void()> then;
  std::unique_ptr<Loop::Watch> watch;
};

// Turns in which nothing need be ready.
void Turns(FakeLoop& loop, int count) {
  loop.RunUntil([count]() mutable { return count-- == 0; });
}

TEST(WatchTest, ReportsAsLongAsThereIsSomething) {
  FakeLoop loop;
  Sockets sockets;
  Recorder seen(loop, sockets, true, false);
  Turns(loop, 2);
  EXPECT_EQ(seen.reads, 0);
  sockets.Say();
  Turns(loop, 3);
  EXPECT_EQ(seen.reads, 3);
  EXPECT_EQ(seen.writes, 0);
  sockets.Hear();
  Turns(loop, 3);
  EXPECT_EQ(seen.reads, 3);
}

TEST(WatchTest, WantChangesWhatIsReported) {
  FakeLoop loop;
  Sockets sockets;
  sockets.Say();
  Recorder seen(loop, sockets, false, false);
  Turns(loop, 2);
  EXPECT_EQ(seen.reads + seen.writes, 0);
  seen.watch->Want(false, true);
  Turns(loop, 1);
  EXPECT_EQ(seen.reads, 0);
  EXPECT_EQ(seen.writes, 1);
  seen.watch->Want(true, true);
  seen.watch->Want(true, true);
  Turns(loop, 1);
  EXPECT_EQ(seen.reads, 1);
  EXPECT_EQ(seen.writes, 2);
  seen.watch->Want(false, false);
  Turns(loop, 2);
  EXPECT_EQ(seen.reads + seen.writes, 3);
}

// Whoever wants nothing for now must still learn that nobody is there any more.
TEST(WatchTest, ReportsTheOtherEndsLeaveAlways) {
  FakeLoop loop;
  Sockets sockets;
  Recorder seen(loop, sockets, false, false);
  sockets.LeaveOther();
  ASSERT_TRUE(loop.RunUntil([&] { return seen.reads > 0; }));
  EXPECT_EQ(seen.writes, seen.reads);  // counts as both
}

TEST(WatchTest, MayEndInItsOwnReport) {
  FakeLoop loop;
  Sockets sockets;
  sockets.Say();
  Recorder seen(loop, sockets, true, false);
  seen.then = [&] { seen.watch.reset(); };
  Turns(loop, 3);
  EXPECT_EQ(seen.reads, 1);
}

// Both are ready in the same turn.
TEST(WatchTest, MayEndInAnothersReport) {
  FakeLoop loop;
  Sockets sockets[2];
  for (const Sockets& pair : sockets) pair.Say();
  Recorder first(loop, sockets[0], true, false);
  Recorder second(loop, sockets[1], true, false);
  first.then = [&] { second.watch.reset(); };
  second.then = [&] { first.watch.reset(); };
  Turns(loop, 1);
  EXPECT_EQ(first.reads + second.reads, 1);
  const bool first_stays = first.watch != nullptr;
  EXPECT_NE(first_stays, second.watch != nullptr);
  Turns(loop, 2);
  EXPECT_EQ(first.reads, first_stays ? 3 : 0);
  EXPECT_EQ(second.reads, first_stays ? 0 : 3);
}

// A connection is closed and the next one gets its number, while an event of the old one waits.
TEST(WatchTest, ANumberMayBeReusedWithinATurn) {
  FakeLoop loop;
  Sockets old[2];
  for (const Sockets& pair : old) pair.Say();
  const int numbers[2] = {old[0].mine(), old[1].mine()};
  std::unique_ptr<Recorder> seen[2];
  Sockets next;
  std::unique_ptr<Recorder> fresh;
  for (int i = 0; i < 2; ++i) {
    seen[i] = std::make_unique<Recorder>(loop, old[i], true, false);
    // Whichever is reported first closes the other.
    seen[i]->then = [&, i] {
      const int other = 1 - i;
      if (fresh != nullptr || seen[other]->watch == nullptr) return;
      seen[other]->watch.reset();
      old[other].LeaveMine();
      next.Take(numbers[other]);
      fresh = std::make_unique<Recorder>(loop, next, true, false);
    };
  }
  Turns(loop, 1);
  EXPECT_EQ(seen[0]->reads + seen[1]->reads, 1);
  ASSERT_NE(fresh, nullptr);
  const int early = fresh->reads;  // the old one's event, which a reader has to bear
  EXPECT_LE(early, 1);
  Turns(loop, 2);
  EXPECT_EQ(fresh->reads, early);
  next.Say();
  Turns(loop, 2);
  EXPECT_EQ(fresh->reads, early + 2);
  fresh->watch->Want(false, true);
  Turns(loop, 1);
  EXPECT_EQ(fresh->writes, 1);
}

// More than a turn takes from the kernel: none is left out.
TEST(WatchTest, ManyReadyDescriptorsAreAllReported) {
  FakeLoop loop;
  std::vector<std::unique_ptr<Sockets>> sockets;
  std::vector<std::unique_ptr<Recorder>> seen;
  for (int i = 0; i < 200; ++i) {
    sockets.push_back(std::make_unique<Sockets>());
    sockets.back()->Say();
    seen.push_back(std::make_unique<Recorder>(loop, *sockets.back(), true, false));
  }
  EXPECT_TRUE(loop.RunUntil([&] {
    for (const auto& recorder : seen) {
      if (recorder->reads == 0) return false;
    }
    return true;
  }));
}

TEST(TurnEndTest, RunsOnceAfterAllThatWasReady) {
  FakeLoop loop;
  Sockets sockets[2];
  for (const Sockets& pair : sockets) pair.Say();
  std::string order;
  Loop::TurnEnd end(loop, [&order] { order += 'e'; });
  Recorder first(loop, sockets[0], true, false);
  Recorder second(loop, sockets[1], true, false);
  for (Recorder* recorder : {&first, &second}) {
    recorder->then = [&, recorder] {
      order += 'r';
      end.Schedule();
      end.Schedule();
      recorder->watch.reset();
    };
  }
  Turns(loop, 3);
  EXPECT_EQ(order, "rre");
}

TEST(TurnEndTest, WorkMayScheduleMoreForTheSameTurn) {
  FakeLoop loop;
  std::string order;
  Loop::TurnEnd second(loop, [&order] { order += '2'; });
  Loop::TurnEnd first(loop, [&order, &second, again = true]() mutable {
    order += '1';
    second.Schedule();
    if (std::exchange(again, false)) second.Schedule();
  });
  first.Schedule();
  Turns(loop, 1);
  EXPECT_EQ(order, "12");
  first.Schedule();
  Turns(loop, 1);
  EXPECT_EQ(order, "1212");
}

TEST(TurnEndTest, MayScheduleItselfAgain) {
  FakeLoop loop;
  int runs = 0;
  Loop::TurnEnd* self = nullptr;
  Loop::TurnEnd end(loop, [&] {
    if (++runs < 3) self->Schedule();
  });
  self = &end;
  end.Schedule();
  Turns(loop, 3);
  EXPECT_EQ(runs, 3);
}

TEST(TurnEndTest, DoesNotRunOnceItsOwnerIsGone) {
  FakeLoop loop;
  auto doomed = std::make_unique<Loop::TurnEnd>(loop, [] { FAIL() << "it is gone"; });
  Loop::TurnEnd killer(loop, [&doomed] { doomed.reset(); });
  doomed->Schedule();
  doomed.reset();
  Turns(loop, 1);
  doomed = std::make_unique<Loop::TurnEnd>(loop, [] {});
  doomed->Schedule();
  killer.Schedule();
  Turns(loop, 1);
  EXPECT_EQ(doomed, nullptr);
}

}  // namespace
}  // namespace sidecar_shim::testing
