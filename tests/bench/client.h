// Unary CRI calls, many at a time. Not thread-safe.
#ifndef SIDECAR_SHIM_TESTS_BENCH_CLIENT_H_
#define SIDECAR_SHIM_TESTS_BENCH_CLIENT_H_

#include <grpcpp/generic/generic_stub.h>
#include <grpcpp/grpcpp.h>

#include <chrono>
#include <cstdint>
#include <memory>
#include <string>

#include "tests/bench/messages.h"

namespace sidecar_shim::bench {

// A connection of its own, with kubelet's limit of messages. Ends the process if there is no server within 10
// s.
inline std::shared_ptr<grpc::Channel> Connect(const std::string& endpoint) {
  grpc::ChannelArguments arguments;
  arguments.SetMaxReceiveMessageSize(16 * kMiB);
  arguments.SetInt(GRPC_ARG_USE_LOCAL_SUBCHANNEL_POOL, 1);
  auto channel = grpc::CreateCustomChannel(endpoint, grpc::InsecureChannelCredentials(), arguments);
  if (!channel->WaitForConnected(std::chrono::system_clock::now() + std::chrono::seconds(10)))
    Die("no server at " + endpoint);
  return channel;
}

class Client {
 public:
  explicit Client(const std::string& endpoint) : channel_(Connect(endpoint)), stub_(channel_) {}

  struct Call {
    grpc::ClientContext context;
    grpc::ByteBuffer response;
    grpc::Status status;
    std::chrono::steady_clock::time_point began;
    std::unique_ptr<grpc::GenericClientAsyncResponseReader> reader;
    int64_t tag = 0;
  };
  void Send(const std::string& method, const grpc::ByteBuffer& request, int64_t tag = 0) {
    auto* call = new Call;
    call->tag = tag;
    call->began = std::chrono::steady_clock::now();
    call->reader = stub_.PrepareUnaryCall(&call->context, kService + method, request, &queue_);
    call->reader->StartCall();
    call->reader->Finish(&call->response, &call->status, call);
  }
  // The next call that ends. Ends the process if the call failed.
  std::unique_ptr<Call> Wait() {
    void* tag;
    bool ok;
    if (!queue_.Next(&tag, &ok)) Die("the queue has ended");
    std::unique_ptr<Call> call(static_cast<Call*>(tag));
    if (!call->status.ok()) Die("a call failed: " + call->status.error_message());
    return call;
  }

 private:
  std::shared_ptr<grpc::Channel> channel_;
  grpc::GenericStub stub_;
  grpc::CompletionQueue queue_;
};

}  // namespace sidecar_shim::bench

#endif  // SIDECAR_SHIM_TESTS_BENCH_CLIENT_H_
