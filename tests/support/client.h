// A gRPC client for tests: calls of any method as bytes. Calls are asynchronous,
// so that a test can have any number of them in flight on one thread.
#ifndef SIDECAR_SHIM_TESTS_SUPPORT_CLIENT_H_
#define SIDECAR_SHIM_TESTS_SUPPORT_CLIENT_H_

#include <grpcpp/generic/generic_stub.h>
#include <grpcpp/grpcpp.h>

#include <chrono>
#include <functional>
#include <map>
#include <memory>
#include <string>
#include <utility>

#include "tests/support/raw_server.h"

namespace sidecar_shim::testing {

using Headers = std::multimap<std::string, std::string>;

// The longest that a test waits for anything.
inline constexpr std::chrono::seconds kTestTimeout{60};

// Checks `condition` every few milliseconds until it holds; false after kTestTimeout.
bool Eventually(const std::function<bool()>& condition);

struct Answer {
  grpc::Status status;
  std::string bytes;
  Headers initial;
  Headers trailing;
};

// One unary call in flight. The destructor cancels it.
class PendingCall {
 public:
  PendingCall(grpc::GenericStub& stub, const std::string& method, const std::string& request,
              const Headers& headers, std::chrono::milliseconds timeout);
  ~PendingCall();
  void Cancel() { context_.TryCancel(); }
  Answer Wait();

 private:
  grpc::ClientContext context_;
  grpc::CompletionQueue queue_;
  std::unique_ptr<grpc::GenericClientAsyncResponseReader> reader_;
  grpc::ByteBuffer response_;
  grpc::Status status_;
  bool done_ = false;
};

// One streaming call. Each operation blocks until it is complete.
class StreamCall {
 public:
  StreamCall(grpc::GenericStub& stub, const std::string& method, const Headers& headers = {});
  ~StreamCall();
  bool Write(const std::string& message);
  bool WritesDone();
  // False at the end of the stream.
  bool Read(std::string* message);
  Headers ReadHeaders();
  void Cancel() { context_.TryCancel(); }
  Answer Finish();

 private:
  bool Wait();
  grpc::ClientContext context_;
  grpc::CompletionQueue queue_;
  std::unique_ptr<grpc::GenericClientAsyncReaderWriter> stream_;
  bool finished_ = false;
};

class Client {
 public:
  explicit Client(const std::string& socket_path);

  grpc::GenericStub& stub() { return *stub_; }
  std::unique_ptr<PendingCall> Begin(const std::string& method, const std::string& request,
                                     const Headers& headers = {},
                                     std::chrono::milliseconds timeout = kTestTimeout);
  Answer Call(const std::string& method, const std::string& request, const Headers& headers = {},
              std::chrono::milliseconds timeout = kTestTimeout) {
    return Begin(method, request, headers, timeout)->Wait();
  }

  // A CRI call by the method's name without its service.
  template <typename Response, typename Request>
  std::pair<grpc::Status, Response> Cri(const std::string& name, const Request& request) {
    const Answer answer = Call("/runtime.v1.RuntimeService/" + name, request.SerializeAsString());
    Response response;
    response.ParseFromString(answer.bytes);
    return {answer.status, response};
  }

 private:
  std::shared_ptr<grpc::Channel> channel_;
  std::unique_ptr<grpc::GenericStub> stub_;
};

}  // namespace sidecar_shim::testing

#endif  // SIDECAR_SHIM_TESTS_SUPPORT_CLIENT_H_
