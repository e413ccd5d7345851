#include "shim/base/loop.h"

#include <algorithm>
#include <atomic>
#include <chrono>
#include <utility>

namespace sidecar_shim {
namespace {

// What a tag points to. gRPC's queue orders the thread that makes a tag before
// the one that gets it back, but with atomics that ThreadSanitizer does not
// see in a library: `published` says the same where it can.
struct Operation {
  explicit Operation(std::function<void(bool)> then) : done(std::move(then)) {
    published.store(true, std::memory_order_release);
  }
  std::function<void(bool)> done;
  std::atomic<bool> published = false;
};

gpr_timespec DeadlineAfter(Duration delay) {
  return gpr_time_add(gpr_now(GPR_CLOCK_MONOTONIC),
                      gpr_time_from_nanos(std::max<int64_t>(delay.count(), 0), GPR_TIMESPAN));
}

}  // namespace

void Loop::Run() {
  void* tag = nullptr;
  bool ok = false;
  while (queue_->Next(&tag, &ok)) {
    {
      std::unique_ptr<Operation> operation(static_cast<Operation*>(tag));
      if (operation->published.load(std::memory_order_acquire)) operation->done(ok);
    }
    --operations_;
    CloseIfIdle();
  }
}

void* Loop::Tag(std::function<void(bool)> done) {
  ++operations_;
  return new Operation(std::move(done));
}

void Loop::Discard(void* tag) {
  delete static_cast<Operation*>(tag);
  --operations_;
}

void Loop::Post(std::function<void()> work) {
  auto alarm = std::make_shared<grpc::Alarm>();
  std::lock_guard lock(mutex_);
  if (closed_) return;
  posted_.push_back(std::move(work));
  // The tag keeps the alarm alive until it has fired.
  grpc::Alarm* raw = alarm.get();
  raw->Set(queue_.get(), gpr_now(GPR_CLOCK_MONOTONIC),
           Tag([this, alarm = std::move(alarm)](bool) { RunPosted(); }));
}

void Loop::RunPosted() {
  std::function<void()> work;
  {
    std::lock_guard lock(mutex_);
    work = std::move(posted_.front());
    posted_.pop_front();
  }
  work();
}

void Loop::CloseIfIdle() {
  if (!shutting_down_ || operations_ > 0) return;
  std::lock_guard lock(mutex_);
  if (closed_ || operations_ > 0) return;
  closed_ = true;
  queue_->Shutdown();
}

Time Loop::Now() { return std::chrono::time_point_cast<Duration>(std::chrono::steady_clock::now()); }

struct Loop::Timer::Armed {
  grpc::Alarm alarm;
  std::function<void()> work;
};

void Loop::Shutdown() {
  shutting_down_ = true;
  for (const auto& armed : armed_) {
    // The work may own the timer: it is let go only after it has been taken out.
    const std::function<void()> work = std::exchange(armed->work, nullptr);
    armed->alarm.Cancel();
  }
}

void Loop::Timer::Start(Time at, std::function<void()> work) {
  Cancel();
  if (loop_.shutting_down_) return;
  auto armed = std::make_shared<Armed>();
  armed->work = std::move(work);
  armed_ = armed;
  loop_.armed_.insert(armed);
  // `this` is not touched once the work has been taken away.
  armed->alarm.Set(loop_.queue(), DeadlineAfter(at - Now()), loop_.Tag([this, &loop = loop_, armed](bool) {
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
