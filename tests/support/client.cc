#include "tests/support/client.h"

#include <thread>

namespace sidecar_shim::testing {
namespace {

constexpr int kMaxMetadata = 16 * 1024 * 1024;

Headers Copy(const std::multimap<grpc::string_ref, grpc::string_ref>& metadata) {
  Headers headers;
  for (const auto& [key, value] : metadata) {
    headers.emplace(std::string(key.data(), key.size()), std::string(value.data(), value.size()));
  }
  return headers;
}

void Drain(grpc::CompletionQueue& queue) {
  queue.Shutdown();
  void* tag = nullptr;
  bool ok = false;
  while (queue.Next(&tag, &ok)) {
  }
}

}  // namespace

bool Eventually(const std::function<bool()>& condition) {
  const auto deadline = std::chrono::steady_clock::now() + kTestTimeout;
  while (!condition()) {
    if (std::chrono::steady_clock::now() > deadline) return false;
    std::this_thread::sleep_for(std::chrono::milliseconds(2));
  }
  return true;
}

PendingCall::PendingCall(grpc::GenericStub& stub, const std::string& method, const std::string& request,
                         const Headers& headers, std::chrono::milliseconds timeout) {
  for (const auto& [key, value] : headers) context_.AddMetadata(key, value);
  context_.set_deadline(std::chrono::system_clock::now() + timeout);
  reader_ = stub.PrepareUnaryCall(&context_, method, ToBuffer(request), &queue_);
  reader_->StartCall();
  reader_->Finish(&response_, &status_, this);
}

PendingCall::~PendingCall() {
  if (!done_) context_.TryCancel();
  Drain(queue_);
}

Answer PendingCall::Wait() {
  void* tag = nullptr;
  bool ok = false;
  if (!done_) queue_.Next(&tag, &ok);
  done_ = true;
  return {status_, ToString(response_), Copy(context_.GetServerInitialMetadata()),
          Copy(context_.GetServerTrailingMetadata())};
}

StreamCall::StreamCall(grpc::GenericStub& stub, const std::string& method, const Headers& headers) {
  for (const auto& [key, value] : headers) context_.AddMetadata(key, value);
  context_.set_deadline(std::chrono::system_clock::now() + kTestTimeout);
  stream_ = stub.PrepareCall(&context_, method, &queue_);
  stream_->StartCall(this);
  Wait();
}

StreamCall::~StreamCall() {
  if (!finished_) {
    context_.TryCancel();
    Finish();
  }
  Drain(queue_);
}

bool StreamCall::Wait() {
  void* tag = nullptr;
  bool ok = false;
  return queue_.Next(&tag, &ok) && ok;
}

bool StreamCall::Write(const std::string& message) {
  stream_->Write(ToBuffer(message), this);
  return Wait();
}

bool StreamCall::WritesDone() {
  stream_->WritesDone(this);
  return Wait();
}

bool StreamCall::Read(std::string* message) {
  grpc::ByteBuffer bytes;
  stream_->Read(&bytes, this);
  if (!Wait()) return false;
  *message = ToString(bytes);
  return true;
}

Headers StreamCall::ReadHeaders() {
  stream_->ReadInitialMetadata(this);
  if (!Wait()) return {};
  return Copy(context_.GetServerInitialMetadata());
}

Answer StreamCall::Finish() {
  Answer answer;
  stream_->Finish(&answer.status, this);
  Wait();
  finished_ = true;
  answer.initial = Copy(context_.GetServerInitialMetadata());
  answer.trailing = Copy(context_.GetServerTrailingMetadata());
  return answer;
}

Client::Client(const std::string& socket_path) {
  grpc::ChannelArguments arguments;
  arguments.SetMaxReceiveMessageSize(-1);
  arguments.SetMaxSendMessageSize(-1);
  arguments.SetInt(GRPC_ARG_MAX_METADATA_SIZE, kMaxMetadata);
  arguments.SetInt(GRPC_ARG_USE_LOCAL_SUBCHANNEL_POOL, 1);
  arguments.SetInt(GRPC_ARG_ENABLE_RETRIES, 0);
  arguments.SetInt(GRPC_ARG_INITIAL_RECONNECT_BACKOFF_MS, 50);
  arguments.SetInt(GRPC_ARG_MAX_RECONNECT_BACKOFF_MS, 200);
  channel_ = grpc::CreateCustomChannel("unix:" + socket_path, grpc::InsecureChannelCredentials(), arguments);
  stub_ = std::make_unique<grpc::GenericStub>(channel_);
}

std::unique_ptr<PendingCall> Client::Begin(const std::string& method, const std::string& request,
                                           const Headers& headers, std::chrono::milliseconds timeout) {
  return std::make_unique<PendingCall>(stub(), method, request, headers, timeout);
}

}  // namespace sidecar_shim::testing
