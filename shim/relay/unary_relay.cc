#include "shim/relay/unary_relay.h"

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
    // Not a well-formed unary call; the runtime's error for it goes to the caller.
    state_ = State::kFinished;
    std::make_shared<StreamRelay>(loop_, upstream_, accepted_, std::move(handler_))->StartHalfClosed();
    return;
  }
  state_ = State::kAwaitingHandler;
  if (!handler_) {
    Forward(request_);
    request_.Clear();
    return;
  }
  if (accepted_->cancelled) {
    OnCancelled();
    return;
  }
  // The handler may answer later and from elsewhere: it holds no reference to this call, so the call must
  // hold one to itself.
  accepted_->on_cancelled = [self = shared_from_this()] { self->OnCancelled(); };
  handler_->OnRequest(*this, request_);
  request_.Clear();
}

void UnaryRelay::Forward(const grpc::ByteBuffer& request) {
  if (state_ != State::kAwaitingHandler) return;
  state_ = State::kForwarded;
  context_ = grpc::ClientContext::FromServerContext(accepted_->context);
  CopyToUpstream(accepted_->context.client_metadata(), *context_);
  reader_ =
      upstream_.stub().PrepareUnaryCall(context_.get(), accepted_->context.method(), request, loop_.queue());
  in_flight_.emplace(upstream_, [this] {
    state_ = State::kHung;
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
  if (state_ == State::kHung && !status_.ok()) status_ = upstream_.HungStatus();
  state_ = State::kHeld;
  const bool hold = handler_ && status_.ok() && !accepted_->cancelled &&
                    handler_->HoldResponse(response_, [self = shared_from_this()] { self->Deliver(); });
  if (!hold) Deliver();
}

void UnaryRelay::Deliver() {
  if (state_ != State::kHeld) return;
  state_ = State::kFinished;
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
  if (state_ != State::kAwaitingHandler) return;
  response_ = response;
  Finish(grpc::Status::OK, &response_);
}

void UnaryRelay::Fail(const grpc::Status& status) {
  if (state_ != State::kAwaitingHandler) return;
  Finish(status, nullptr);
}

void UnaryRelay::Finish(const grpc::Status& status, const grpc::ByteBuffer* message) {
  state_ = State::kFinished;
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
  auto self = shared_from_this();
  if (context_) {
    context_->TryCancel();
    Deliver();
  } else if (state_ == State::kAwaitingHandler) {
    state_ = State::kFinished;
    handler_->OnCancelled();
    Finish(grpc::Status(grpc::StatusCode::CANCELLED, "the caller has cancelled the call"), nullptr);
  }
}

}  // namespace sidecar_shim
