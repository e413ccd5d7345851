// Brings gRPC's completion queue to a loop that waits on descriptors: a thread
// of its own takes the operations off the queue and hands them over.
//
// A completion queue that has been shut down takes no operation (gRPC aborts the
// process), and the end of one operation often begins the next. So the operations
// under way are counted, and the queue is shut down only after the last.
#ifndef SIDECAR_SHIM_SHIM_BASE_COMPLETION_POLLER_H_
#define SIDECAR_SHIM_SHIM_BASE_COMPLETION_POLLER_H_

#include <grpcpp/grpcpp.h>

#include <atomic>
#include <functional>
#include <memory>
#include <thread>

namespace sidecar_shim {

class CompletionPoller {
 public:
  // `deliver` runs on the poller's thread for each operation that has ended: it
  // lets Complete() be called on the loop with the same arguments.
  using Deliver = std::function<void(void* tag, bool ok)>;

  CompletionPoller(std::unique_ptr<grpc::CompletionQueue> queue, Deliver deliver);
  // After Close(), or where no operation is under way.
  ~CompletionPoller();
  CompletionPoller(const CompletionPoller&) = delete;
  CompletionPoller& operator=(const CompletionPoller&) = delete;

  grpc::CompletionQueue* queue() { return queue_.get(); }
  // Operations whose end has not been completed. Any thread.
  size_t pending() const { return pending_; }

  // A tag for one operation. Any thread, before Close().
  void* Tag(std::function<void(bool ok)> done);
  // For a tag whose operation never started.
  void Discard(void* tag);
  // Runs the operation's `done`.
  void Complete(void* tag, bool ok);

  // Shuts the queue down. Only where no operation is under way, and none begins
  // any more.
  void Close();

 private:
  void Poll();

  const std::unique_ptr<grpc::CompletionQueue> queue_;
  const Deliver deliver_;
  std::atomic<size_t> pending_ = 0;
  bool closed_ = false;
  std::once_flag started_;  // a process that uses no gRPC has no thread for it
  std::thread thread_;
};

}  // namespace sidecar_shim

#endif  // SIDECAR_SHIM_SHIM_BASE_COMPLETION_POLLER_H_
