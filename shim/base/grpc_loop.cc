#include "shim/base/grpc_loop.h"

#include <grpcpp/alarm.h>

#include <algorithm>
#include <chrono>
#include <optional>
#include <utility>

namespace sidecar_shim {
namespace {

// What a tag points to. gRPC's queue orders the thread that makes a tag before
// the one that gets it back, but with atomics that ThreadSanitizer does not
// see in a library: `published` orders them visibly.
struct Operation {
  explicit Operation(std::function<void(bool)> then) : done(std::move(then)) {
    published.store(true, std::memory_order_release);
  }
  std::function<void(bool)> done;
  std::atomic<bool> published = false;
};

gpr_timespec DeadlineAfter(std::optional<Duration> delay) {
  if (!delay) return gpr_inf_future(GPR_CLOCK_MONOTONIC);
  return gpr_time_add(gpr_now(GPR_CLOCK_MONOTONIC),
                      gpr_time_from_nanos(std::max<int64_t>(delay->count(), 0), GPR_TIMESPAN));
}

}  // namespace

void GrpcLoop::Run() {
  while (true) {
    const std::optional<Time> due = timers_.Earliest();
    if (!CompleteNext(DeadlineAfter(due ? std::optional(*due - Now()) : std::nullopt))) return;
    timers_.RunDue(Now());
    CloseIfIdle();
  }
}

bool GrpcLoop::CompleteNext(gpr_timespec deadline) {
  void* tag = nullptr;
  bool ok = false;
  switch (queue_->AsyncNext(&tag, &ok, deadline)) {
    case grpc::CompletionQueue::SHUTDOWN:
      return false;
    case grpc::CompletionQueue::TIMEOUT:
      return true;
    case grpc::CompletionQueue::GOT_EVENT:
      break;
  }
  {
    const std::unique_ptr<Operation> operation(static_cast<Operation*>(tag));
    if (operation->published.load(std::memory_order_acquire)) operation->done(ok);
  }
  --operations_;
  CloseIfIdle();
  return true;
}

void* GrpcLoop::Tag(std::function<void(bool)> done) {
  ++operations_;
  return new Operation(std::move(done));
}

void GrpcLoop::Discard(void* tag) {
  delete static_cast<Operation*>(tag);
  --operations_;
}

void GrpcLoop::Post(std::function<void()> work) {
  const std::lock_guard lock(mutex_);
  if (closed_) return;
  posted_.push_back(std::move(work));
  if (posted_.size() > 1) return;  // what wakes the loop for the first takes them all
  auto alarm = std::make_shared<grpc::Alarm>();
  grpc::Alarm* raw = alarm.get();
  // The tag keeps the alarm alive until it has fired.
  raw->Set(queue_.get(), gpr_now(GPR_CLOCK_MONOTONIC),
           Tag([this, alarm = std::move(alarm)](bool) { RunPosted(); }));
}

void GrpcLoop::RunPosted() {
  std::vector<std::function<void()>> taken;
  {
    const std::lock_guard lock(mutex_);
    taken.swap(posted_);
  }
  for (std::function<void()>& work : taken) std::exchange(work, nullptr)();
}

void GrpcLoop::Shutdown() {
  shutting_down_ = true;
  timers_.Close();
  CloseIfIdle();
}

void GrpcLoop::CloseIfIdle() {
  if (!shutting_down_ || operations_ > 0) return;
  const std::lock_guard lock(mutex_);
  if (closed_ || operations_ > 0) return;
  closed_ = true;
  queue_->Shutdown();
}

}  // namespace sidecar_shim
