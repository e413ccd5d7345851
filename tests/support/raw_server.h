// A gRPC server that knows no method: every call goes to one function, as
// bytes. One thread, however many calls hang.
#ifndef SIDECAR_SHIM_TESTS_SUPPORT_RAW_SERVER_H_
#define SIDECAR_SHIM_TESTS_SUPPORT_RAW_SERVER_H_

#include <grpcpp/generic/async_generic_service.h>
#include <grpcpp/grpcpp.h>

#include <functional>
#include <memory>
#include <string>
#include <thread>

#include "shim/base/epoll_loop.h"

namespace sidecar_shim::testing {

std::string ToString(const grpc::ByteBuffer& bytes);
grpc::ByteBuffer ToBuffer(const std::string& bytes);

// One call at the server. Server thread only.
class RawCall : public std::enable_shared_from_this<RawCall> {
 public:
  grpc::GenericServerContext context;
  bool cancelled = false;
  std::function<void()> on_cancelled;

  explicit RawCall(Loop& loop) : loop_(loop), delay_(loop) {}

  const std::string& method() const { return context.method(); }
  void Read(std::function<void(bool ok, std::string message)> then);
  void SendHeaders(std::function<void()> then);
  // One at a time.
  void Write(const std::string& message, std::function<void(bool ok)> then);
  // Runs `then` after `delay`, unless the server is destroyed first.
  void After(Duration delay, std::function<void()> then);
  // Once.
  void Finish(const grpc::Status& status);
  void Reply(const std::string& message);

 private:
  friend class RawServer;
  Loop& loop_;
  Loop::Timer delay_;
  grpc::GenericServerAsyncReaderWriter stream_{&context};
  grpc::ByteBuffer incoming_;
  bool finished_ = false;
};

class RawServer {
 public:
  // `serve` runs on the server's thread for every call.
  using Serve = std::function<void(const std::shared_ptr<RawCall>&)>;

  // address: "unix:/path" or "host:port".
  RawServer(const std::string& address, Serve serve);
  // Cancels all calls in progress.
  ~RawServer();

  void Post(std::function<void()> work) { loop_->Post(std::move(work)); }

 private:
  void Accept();

  Serve serve_;
  grpc::AsyncGenericService service_;
  std::unique_ptr<grpc::Server> server_;
  std::unique_ptr<EpollLoop> loop_;
  grpc::ServerCompletionQueue* queue_ = nullptr;  // the loop's
  std::thread thread_;
};

}  // namespace sidecar_shim::testing

#endif  // SIDECAR_SHIM_TESTS_SUPPORT_RAW_SERVER_H_
