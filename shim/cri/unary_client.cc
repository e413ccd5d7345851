#include "shim/cri/unary_client.h"

#include <chrono>
#include <optional>

namespace sidecar_shim {

struct UnaryClient::OwnCall {
  grpc::ClientContext context;
  grpc::ByteBuffer response;
  grpc::Status status;
  std::unique_ptr<grpc::GenericClientAsyncResponseReader> reader;
  std::optional<Upstream::InFlightCall> under_way;
  bool hung = false;
};

void UnaryClient::CallRaw(const std::string& method, const grpc::ByteBuffer& request, Duration timeout,
                          RawDone done) {
  auto call = std::make_shared<OwnCall>();
  call->context.set_deadline(std::chrono::system_clock::now() +
                             std::chrono::duration_cast<std::chrono::microseconds>(timeout));
  call->reader = upstream_.stub().PrepareUnaryCall(&call->context, method, request, loop_.queue());
  call->under_way.emplace(upstream_, [raw = call.get()] {
    raw->hung = true;
    raw->context.TryCancel();
  });
  call->reader->StartCall();
  live_->insert(call);
  call->reader->Finish(
      &call->response, &call->status, loop_.Tag([this, call, done = std::move(done), live = live_](bool) {
        // Gone from the set only when the client itself is gone.
        if (live->erase(call) == 0) return;
        call->under_way.reset();
        upstream_.OnCallEnd(call->status);
        const bool hung = call->hung && !call->status.ok();
        done(hung ? upstream_.HungStatus() : upstream_.Explain(call->status, false), call->response);
      }));
}

void UnaryClient::CancelAll() {
  for (const std::shared_ptr<OwnCall>& call : *live_) {
    call->under_way.reset();
    call->context.TryCancel();
  }
  live_->clear();
}

}  // namespace sidecar_shim
