#include "tests/support/raw_server.h"

#include <utility>

namespace sidecar_shim::testing {
namespace {

constexpr int kMaxMetadata = 16 * 1024 * 1024;

}  // namespace

std::string ToString(const grpc::ByteBuffer& bytes) {
  std::vector<grpc::Slice> slices;
  std::string text;
  if (!bytes.Valid() || !bytes.Dump(&slices).ok()) return text;
  for (const grpc::Slice& slice : slices) {
    text.append(reinterpret_cast<const char*>(slice.begin()), slice.size());
  }
  return text;
}

grpc::ByteBuffer ToBuffer(const std::string& bytes) {
  grpc::Slice slice(bytes);
  return grpc::ByteBuffer(&slice, 1);
}

void RawCall::Read(std::function<void(bool, std::string)> then) {
  stream_.Read(&incoming_, loop_.Tag([self = shared_from_this(), then = std::move(then)](bool ok) {
    std::string message = ok ? ToString(self->incoming_) : std::string();
    then(ok, std::move(message));
  }));
}

void RawCall::SendHeaders(std::function<void()> then) {
  stream_.SendInitialMetadata(
      loop_.Tag([self = shared_from_this(), then = std::move(then)](bool) { then(); }));
}

void RawCall::Write(const std::string& message, std::function<void(bool)> then) {
  stream_.Write(ToBuffer(message),
                loop_.Tag([self = shared_from_this(), then = std::move(then)](bool ok) { then(ok); }));
}

void RawCall::After(Duration delay, std::function<void()> then) {
  delay_.Start(loop_.Now() + delay, [self = shared_from_this(), then = std::move(then)] { then(); });
}

void RawCall::Finish(const grpc::Status& status) {
  if (std::exchange(finished_, true)) return;
  on_cancelled = nullptr;
  stream_.Finish(status, loop_.Tag([self = shared_from_this()](bool) {}));
}

void RawCall::Reply(const std::string& message) {
  if (std::exchange(finished_, true)) return;
  on_cancelled = nullptr;
  stream_.WriteAndFinish(ToBuffer(message), grpc::WriteOptions(), grpc::Status::OK,
                         loop_.Tag([self = shared_from_this()](bool) {}));
}

RawServer::RawServer(const std::string& address, Serve serve) : serve_(std::move(serve)) {
  grpc::ServerBuilder builder;
  builder.SetMaxReceiveMessageSize(-1);
  builder.SetMaxSendMessageSize(-1);
  builder.AddChannelArgument(GRPC_ARG_MAX_METADATA_SIZE, kMaxMetadata);
  builder.RegisterAsyncGenericService(&service_);
  builder.AddListeningPort(address, grpc::InsecureServerCredentials());
  std::unique_ptr<grpc::ServerCompletionQueue> queue = builder.AddCompletionQueue();
  queue_ = queue.get();
  loop_ = std::make_unique<EpollLoop>(std::move(queue));
  server_ = builder.BuildAndStart();
  Accept();
  thread_ = std::thread([this] { loop_->Run(); });
}

RawServer::~RawServer() {
  server_->Shutdown(std::chrono::system_clock::now());
  Post([this] { loop_->Shutdown(); });
  thread_.join();
}

void RawServer::Accept() {
  auto call = std::make_shared<RawCall>(*loop_);
  void* done = loop_->Tag([call](bool) {
    if (call->context.IsCancelled()) {
      call->cancelled = true;
      if (auto on_cancelled = std::exchange(call->on_cancelled, nullptr)) on_cancelled();
    }
  });
  call->context.AsyncNotifyWhenDone(done);
  service_.RequestCall(&call->context, &call->stream_, queue_, queue_,
                       loop_->Tag([this, call, done](bool ok) {
                         if (!ok) {
                           loop_->Discard(done);
                           return;
                         }
                         Accept();
                         serve_(call);
                       }));
}

}  // namespace sidecar_shim::testing
