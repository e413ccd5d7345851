#include "tests/support/fake_loop.h"

#include <algorithm>
#include <chrono>
#include <optional>

#include "tests/support/client.h"

namespace sidecar_shim::testing {
namespace {

constexpr Duration kPoll = std::chrono::milliseconds(2);

}  // namespace

// A time that no real clock of this machine has by accident.
FakeLoop::FakeLoop() : start_(std::chrono::hours(100'000)), wall_start_(WallClockNow()) {}

FakeLoop::~FakeLoop() {
  Shutdown();
  while (Turn(std::nullopt)) {
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
    Turn(kPoll);
    RunReady();
  }
  return true;
}

}  // namespace sidecar_shim::testing
