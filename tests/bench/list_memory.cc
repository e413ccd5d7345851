#include "tests/bench/list_memory.h"

#include <grpcpp/generic/generic_stub.h>
#include <grpcpp/grpcpp.h>

#include <chrono>
#include <cstdio>
#include <memory>
#include <string>
#include <thread>

#include "tests/bench/client.h"
#include "tests/bench/messages.h"

namespace sidecar_shim::bench {

namespace {

constexpr int kLists = 16;

// Lists that are all requested before any is read.
class LateReader {
 public:
  explicit LateReader(const std::shared_ptr<grpc::Channel>& channel) : stub_(channel) {}

  void Request() {
    const grpc::ByteBuffer request = ListRequest(kListSizes[2]);
    for (Call& call : calls_) {
      call.stream = stub_.PrepareCall(&call.context, kService + "ListContainers", &queue_);
      call.stream->StartCall(&call);
    }
    WaitForAll();
    for (Call& call : calls_) call.stream->WriteLast(request, grpc::WriteOptions(), &call);
    WaitForAll();
  }

  void Read() {
    for (Call& call : calls_) call.stream->Read(&call.response, &call);
    WaitForAll();
    for (Call& call : calls_) call.stream->Finish(&call.status, &call);
    WaitForAll();
    for (const Call& call : calls_) {
      if (!call.status.ok()) Die("a list failed: " + call.status.error_message());
      if (call.response.Length() < 8 * kMiB) Die("a list is incomplete");
    }
  }

 private:
  struct Call {
    grpc::ClientContext context;
    std::unique_ptr<grpc::GenericClientAsyncReaderWriter> stream;
    grpc::ByteBuffer response;
    grpc::Status status;
  };

  void WaitForAll() {
    for (int i = 0; i < kLists; ++i) {
      void* tag;
      bool ok;
      if (!queue_.Next(&tag, &ok) || !ok) Die("a list has ended early");
    }
  }

  grpc::GenericStub stub_;
  grpc::CompletionQueue queue_;
  Call calls_[kLists];
};

double MiB(int64_t kib) { return kib / 1024.0; }

}  // namespace

void MeasureListMemory(Relays& relays) {
  std::printf(
      "\nmemory of a new process, MiB: idle; at most above it in %d lists of 8 MiB at once, read late\n",
      kLists);
  for (const std::string& name : relays.Names()) {
    const std::unique_ptr<Relay> relay = relays.Start(name);
    const std::shared_ptr<grpc::Channel> channel = Connect(relay->endpoint);
    std::this_thread::sleep_for(std::chrono::seconds(1));
    const int64_t idle = relay->process.Memory("VmRSS");
    relay->process.ForgetPeak();
    LateReader reader(channel);
    reader.Request();
    std::this_thread::sleep_for(std::chrono::seconds(1));
    reader.Read();
    std::printf("  %-8s %6.1f %6.1f\n", name.c_str(), MiB(idle), MiB(relay->process.Memory("VmHWM") - idle));
    std::fflush(stdout);
  }
}

}  // namespace sidecar_shim::bench
