#include "shim/base/completion_poller.h"

#include <mutex>
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

}  // namespace

CompletionPoller::CompletionPoller(std::unique_ptr<grpc::CompletionQueue> queue, Deliver deliver)
    : queue_(std::move(queue)), deliver_(std::move(deliver)) {}

CompletionPoller::~CompletionPoller() {
  Close();
  if (thread_.joinable()) {
    thread_.join();
    return;
  }
  Poll();  // gRPC wants a queue drained before its end, also one that was never used
}

void* CompletionPoller::Tag(std::function<void(bool)> done) {
  std::call_once(started_, [this] { thread_ = std::thread([this] { Poll(); }); });
  ++pending_;
  return new Operation(std::move(done));
}

void CompletionPoller::Discard(void* tag) {
  delete static_cast<Operation*>(tag);
  --pending_;
}

void CompletionPoller::Complete(void* tag, bool ok) {
  {
    const std::unique_ptr<Operation> operation(static_cast<Operation*>(tag));
    if (operation->published.load(std::memory_order_acquire)) operation->done(ok);
  }
  --pending_;
}

void CompletionPoller::Close() {
  if (!std::exchange(closed_, true)) queue_->Shutdown();
}

void CompletionPoller::Poll() {
  void* tag = nullptr;
  bool ok = false;
  while (queue_->Next(&tag, &ok)) deliver_(tag, ok);
}

}  // namespace sidecar_shim
