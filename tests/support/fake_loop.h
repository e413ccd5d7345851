// A loop whose time a test advances. Everything runs on the test's thread:
// timers and posts in Advance(), and in RunUntil() also what real gRPC calls,
// HTTP or workers bring back, for which no virtual time passes.
//
// Objects that use it are destroyed before it; it then waits for the operations
// that are still pending.
#ifndef SIDECAR_SHIM_TESTS_SUPPORT_FAKE_LOOP_H_
#define SIDECAR_SHIM_TESTS_SUPPORT_FAKE_LOOP_H_

#include <atomic>
#include <functional>

#include "shim/base/epoll_loop.h"

namespace sidecar_shim::testing {

class FakeLoop : public EpollLoop {
 public:
  FakeLoop();
  ~FakeLoop() override;

  Time Now() const override { return start_ + Elapsed(); }
  // Begins at the real time, so that deadlines of real gRPC calls make sense.
  WallTime WallNow() const override { return wall_start_ + Elapsed(); }

  // Moves both clocks on, and runs what becomes due meanwhile: each timer at
  // its own time, with what is posted meanwhile.
  void Advance(Duration duration);
  // Runs what is posted and due now.
  void RunReady() { Advance(Duration{0}); }

  // Runs what is ready until `condition` holds. False: it did not within
  // kTestTimeout of real time.
  bool RunUntil(const std::function<bool()>& condition);

 private:
  Duration Elapsed() const { return Duration(elapsed_.load()); }

  const Time start_;
  const WallTime wall_start_;
  std::atomic<int64_t> elapsed_ = 0;  // nanoseconds
};

}  // namespace sidecar_shim::testing

#endif  // SIDECAR_SHIM_TESTS_SUPPORT_FAKE_LOOP_H_
