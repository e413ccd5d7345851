#include "tests/support/fake_loop.h"

#include <algorithm>
#include <memory>

#include "tests/support/client.h"

namespace sidecar_shim::testing {
namespace {

constexpr int64_t kPollNanos = 2'000'000;

gpr_timespec RealDeadline(int64_t nanos) {
  return gpr_time_add(gpr_now(GPR_CLOCK_MONOTONIC), gpr_time_from_nanos(nanos, GPR_TIMESPAN));
}

}  // namespace

// A time that no real clock of this machine has by accident.
FakeLoop::FakeLoop()
    : GrpcLoop(std::make_unique<grpc::CompletionQueue>()),
      start_(std::chrono::hours(100'000)),
      wall_start_(WallClockNow()) {}

FakeLoop::~FakeLoop() {
  Shutdown();
  while (CompleteNext(gpr_inf_future(GPR_CLOCK_MONOTONIC))) {
  }
}

void FakeLoop::Advance(Duration duration) {
  const Time end = Now() + duration;
  RunPosted();
  while (timers().Earliest().value_or(Time::max()) <= end) {
    elapsed_ += std::max(*timers().Earliest() - Now(), Duration{0}).count();
    timers().RunNext(Now());
    RunPosted();
  }
  elapsed_ += (end - Now()).count();
}

bool FakeLoop::RunUntil(const std::function<bool()>& condition) {
  const Time deadline = MonotonicNow() + kTestTimeout;
  RunReady();
  while (!condition()) {
    if (MonotonicNow() >= deadline) return false;
    CompleteNext(RealDeadline(kPollNanos));
    RunReady();
  }
  return true;
}

}  // namespace sidecar_shim::testing
