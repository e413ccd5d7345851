#include "shim/cri/unary_client.h"

#include <optional>
#include <utility>

namespace sidecar_shim {

struct UnaryClient::OwnCall {
  grpc::ClientContext context;
  grpc::ByteBuffer response;
  grpc::Status status;
  std::unique_ptr<grpc::GenericClientAsyncResponseReader> reader;
  std::optional<Upstream::InFlightCall> in_flight;
  bool hung = false;
};

void UnaryClient::CallRaw(const std::string& method, const std::string& request, Duration timeout,
                          RawDone done) {
  auto call = std::make_shared<OwnCall>();
  call->context.set_deadline(loop_.WallNow() + timeout);
  call->reader = upstream_.stub().PrepareUnaryCall(&call->context, method, ToBuffer(request), loop_.queue());
  call->in_flight.emplace(upstream_, [raw = call.get()] {
    raw->hung = true;
    raw->context.TryCancel();
  });
  call->reader->StartCall();
  live_.insert(call);
  // The tag keeps the call until gRPC has written the result into it.
  auto on_end = lifetime_.Guard([this, call, done = std::move(done)] { OnEnd(call, done); });
  call->reader->Finish(&call->response, &call->status, loop_.Tag([on_end](bool) mutable { on_end(); }));
}

void UnaryClient::OnEnd(const std::shared_ptr<OwnCall>& call, const RawDone& done) {
  live_.erase(call);
  call->in_flight.reset();
  upstream_.OnCallEnd(call->status, loop_.Now());
  const bool hung = call->hung && !call->status.ok();
  done(hung ? upstream_.HungStatus() : upstream_.Explain(call->status), FromBuffer(call->response));
}

void UnaryClient::CancelAll() {
  lifetime_.Restart();
  for (const std::shared_ptr<OwnCall>& call : live_) {
    call->in_flight.reset();
    call->context.TryCancel();
  }
  live_.clear();
}

}  // namespace sidecar_shim
