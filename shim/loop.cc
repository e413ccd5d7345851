#include "shim/loop.h"

#include <algorithm>
#include <chrono>
#include <utility>

namespace sidecar_shim {
namespace {

using Function = std::function<void(bool)>;

gpr_timespec DeadlineAfter(Duration delay) {
  return gpr_time_add(gpr_now(GPR_CLOCK_MONOTONIC),
                      gpr_time_from_nanos(std::max<int64_t>(delay.count(), 0), GPR_TIMESPAN));
}

}  // namespace

void Loop::Run() {
  void* tag = nullptr;
  bool ok = false;
  while (queue_->Next(&tag, &ok)) {
    std::unique_ptr<Function> done(static_cast<Function*>(tag));
    (*done)(ok);
  }
}

void* Loop::Tag(std::function<void(bool)> done) { return new Function(std::move(done)); }

void Loop::Discard(void* tag) { delete static_cast<Function*>(tag); }

void Loop::Post(std::function<void()> work) {
  auto alarm = std::make_shared<grpc::Alarm>();
  // The tag keeps the alarm alive until it has fired.
  grpc::Alarm* raw = alarm.get();
  raw->Set(queue_.get(), gpr_now(GPR_CLOCK_MONOTONIC),
           Tag([alarm = std::move(alarm), work = std::move(work)](bool) { work(); }));
}

Time Loop::Now() {
  return std::chrono::duration_cast<Time>(std::chrono::steady_clock::now().time_since_epoch());
}

struct Loop::Timer::Armed {
  grpc::Alarm alarm;
  std::function<void()> work;
};

void Loop::Shutdown() {
  for (const auto& armed : armed_) {
    // The work may own the timer: it is let go only after it has been taken out.
    const std::function<void()> work = std::exchange(armed->work, nullptr);
    armed->alarm.Cancel();
  }
  queue_->Shutdown();
}

void Loop::Timer::Start(Time at, std::function<void()> work) {
  Cancel();
  auto armed = std::make_shared<Armed>();
  armed->work = std::move(work);
  armed_ = armed;
  loop_.armed_.insert(armed);
  // `this` is not touched once the work has been taken away.
  armed->alarm.Set(loop_.queue(), DeadlineAfter(at - Now()), Tag([this, &loop = loop_, armed](bool) {
                     loop.armed_.erase(armed);
                     if (!armed->work) return;
                     armed_.reset();
                     std::exchange(armed->work, nullptr)();
                   }));
}

void Loop::Timer::Cancel() {
  if (!armed_) return;
  const std::shared_ptr<Armed> armed = std::move(armed_);
  const std::function<void()> work = std::exchange(armed->work, nullptr);
  armed->alarm.Cancel();
}

}  // namespace sidecar_shim
