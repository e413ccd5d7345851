#include "shim/relay/unary_client.h"

#include <chrono>

namespace sidecar_shim {
namespace {

struct OwnCall {
  grpc::ClientContext context;
  grpc::ByteBuffer response;
  grpc::Status status;
  std::unique_ptr<grpc::GenericClientAsyncResponseReader> reader;
};

}  // namespace

void UnaryClient::CallRaw(const std::string& method, const grpc::ByteBuffer& request, Duration timeout,
                          RawDone done) {
  auto call = std::make_shared<OwnCall>();
  call->context.set_deadline(std::chrono::system_clock::now() +
                             std::chrono::duration_cast<std::chrono::microseconds>(timeout));
  call->reader = upstream_.stub().PrepareUnaryCall(&call->context, method, request, loop_.queue());
  call->reader->StartCall();
  live_->insert(&call->context);
  call->reader->Finish(&call->response, &call->status,
                       loop_.Tag([this, call, done = std::move(done), live = live_](bool) {
                         // Gone from the set only when the client itself is gone.
                         if (live->erase(&call->context) == 0) return;
                         done(upstream_.Explain(call->status, false), call->response);
                       }));
}

void UnaryClient::CancelAll() {
  for (grpc::ClientContext* context : *live_) context->TryCancel();
  live_->clear();
}

}  // namespace sidecar_shim
