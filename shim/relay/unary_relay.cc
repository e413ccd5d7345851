#include "shim/relay/unary_relay.h"

#include <utility>

#include "shim/relay/metadata.h"
#include "shim/relay/stream_relay.h"

namespace sidecar_shim {

void UnaryRelay::Start() {
  accepted_->on_cancelled = [weak = weak_from_this()] {
    if (auto self = weak.lock()) self->OnCancelled();
  };
  accepted_->stream.Read(&request_, loop_.Tag([self = shared_from_this()](bool ok) { self->OnRequest(ok); }));
}

void UnaryRelay::OnRequest(bool ok) {
  if (!ok) {
    // Not a well-formed unary call; the runtime is to say so in its own words.
    std::make_shared<StreamRelay>(loop_, upstream_, accepted_, std::move(handler_))->StartHalfClosed();
    return;
  }
  if (!handler_) {
    Forward(request_);
    request_.Clear();
    return;
  }
  waiting_ = true;
  if (accepted_->cancelled) {
    OnCancelled();
    return;
  }
  // The handler may answer later and from elsewhere: it keeps no reference to
  // this call, so this call must keep itself.
  accepted_->on_cancelled = [self = shared_from_this()] { self->OnCancelled(); };
  handler_->OnRequest(*this, request_);
  request_.Clear();
}

void UnaryRelay::Forward(const grpc::ByteBuffer& request) {
  waiting_ = false;
  context_ = grpc::ClientContext::FromServerContext(accepted_->context);
  CopyToUpstream(accepted_->context.client_metadata(), *context_);
  reader_ =
      upstream_.stub().PrepareUnaryCall(context_.get(), accepted_->context.method(), request, loop_.queue());
  in_flight_.emplace(upstream_, [this] {
    hung_ = true;
    context_->TryCancel();
  });
  reader_->StartCall();
  reader_->Finish(&response_, &status_, loop_.Tag([self = shared_from_this()](bool) { self->OnAnswer(); }));
}

void UnaryRelay::OnAnswer() {
  const Metadata& initial = context_->GetServerInitialMetadata();
  const Metadata& trailing = context_->GetServerTrailingMetadata();
  status_ = upstream_.Explain(status_, !initial.empty() || !trailing.empty());
  in_flight_.reset();
  upstream_.OnCallEnd(status_, loop_.Now());
  if (hung_ && !status_.ok()) status_ = upstream_.HungStatus();
  held_ = true;
  const bool hold = handler_ && status_.ok() && !accepted_->cancelled &&
                    handler_->HoldResponse(response_, [self = shared_from_this()] { self->Deliver(); });
  if (!hold) Deliver();
}

void UnaryRelay::Deliver() {
  if (!std::exchange(held_, false)) return;
  const Metadata& initial = context_->GetServerInitialMetadata();
  const Metadata& trailing = context_->GetServerTrailingMetadata();
  if (handler_) {
    if (status_.ok()) handler_->OnResponse(response_);
    handler_->OnEnd(status_);
  }
  CopyInitialToCaller(initial, accepted_->context);
  CopyTrailingToCaller(trailing, accepted_->context);
  Finish(status_, status_.ok() && response_.Valid() ? &response_ : nullptr);
}

void UnaryRelay::Reply(const grpc::ByteBuffer& response) {
  waiting_ = false;
  response_ = response;
  Finish(grpc::Status::OK, &response_);
}

void UnaryRelay::Fail(const grpc::Status& status) {
  waiting_ = false;
  Finish(status, nullptr);
}

void UnaryRelay::Finish(const grpc::Status& status, const grpc::ByteBuffer* message) {
  if (finished_) return;
  finished_ = true;
  auto self = shared_from_this();
  accepted_->on_cancelled = nullptr;
  void* tag = loop_.Tag([self](bool) {});
  if (message != nullptr) {
    accepted_->stream.WriteAndFinish(*message, grpc::WriteOptions(), status, tag);
  } else {
    accepted_->stream.Finish(status, tag);
  }
}

void UnaryRelay::OnCancelled() {
  if (context_) {
    auto self = shared_from_this();
    context_->TryCancel();
    Deliver();
    return;
  }
  if (!waiting_) return;
  auto self = shared_from_this();
  waiting_ = false;
  handler_->OnCancelled();
  Finish(grpc::Status(grpc::StatusCode::CANCELLED, "the caller went away"), nullptr);
}

}  // namespace sidecar_shim
