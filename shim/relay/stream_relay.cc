#include "shim/relay/stream_relay.h"

#include <utility>

#include "shim/cri/methods.h"
#include "shim/relay/metadata.h"

namespace sidecar_shim {

void StreamRelay::Start() { Connect(); }

void StreamRelay::StartHalfClosed() {
  half_closed_ = true;
  Connect();
}

void StreamRelay::Connect() {
  accepted_->on_cancelled = [weak = weak_from_this()] {
    auto self = weak.lock();
    if (!self) return;
    self->context_->TryCancel();
    self->Deliver();
  };
  context_ = grpc::ClientContext::FromServerContext(accepted_->context);
  CopyToUpstream(accepted_->context.client_metadata(), *context_);
  stream_ = upstream_.stub().PrepareCall(context_.get(), accepted_->context.method(), loop_.queue());
  if (!IsEndless(accepted_->context.method())) {
    in_flight_.emplace(upstream_, [this] {
      hung_ = true;
      context_->TryCancel();
    });
  }
  stream_->StartCall(loop_.Tag([self = shared_from_this()](bool ok) {
    if (!ok) {
      self->OnRuntimeEnd();
      return;
    }
    self->PumpUp();
    // Headers go out as soon as the runtime's are there: a stream may stay
    // silent for hours.
    self->stream_->ReadInitialMetadata(self->loop_.Tag([self](bool headers) {
      if (!headers) {
        self->OnRuntimeEnd();
        return;
      }
      const Metadata& initial = self->context_->GetServerInitialMetadata();
      CopyInitialToCaller(initial, self->accepted_->context);
      self->accepted_->stream.SendInitialMetadata(self->loop_.Tag([self](bool) { self->PumpDown(); }));
    }));
  }));
}

void StreamRelay::PumpUp() {
  if (half_closed_) {
    stream_->WritesDone(loop_.Tag([self = shared_from_this()](bool) {}));
    return;
  }
  accepted_->stream.Read(&up_, loop_.Tag([self = shared_from_this()](bool ok) {
    if (self->runtime_ended_) return;
    if (!ok) {
      self->half_closed_ = true;
      self->PumpUp();
      return;
    }
    self->stream_->Write(self->up_, self->loop_.Tag([self](bool written) {
      // The runtime has ended the call; the other pump learns how.
      if (written && !self->runtime_ended_) self->PumpUp();
    }));
  }));
}

void StreamRelay::PumpDown() {
  stream_->Read(&down_, loop_.Tag([self = shared_from_this()](bool ok) {
    if (!ok || !self->down_.Valid()) {
      self->OnRuntimeEnd();
      return;
    }
    self->upstream_.RecordActivity(self->loop_.Now());
    self->held_ = true;
    const bool hold = self->handler_ && !self->accepted_->cancelled && self->abort_status_.ok() &&
                      self->handler_->HoldResponse(self->down_, [self] { self->Deliver(); });
    if (!hold) self->Deliver();
  }));
}

void StreamRelay::Deliver() {
  if (!std::exchange(held_, false)) return;
  if (handler_) handler_->OnResponse(down_);
  accepted_->stream.Write(down_, loop_.Tag([self = shared_from_this()](bool written) {
    // The caller is gone; its cancellation ends the runtime's side.
    if (!written) self->context_->TryCancel();
    self->PumpDown();
  }));
}

void StreamRelay::OnRuntimeEnd() {
  runtime_ended_ = true;
  stream_->Finish(&status_, loop_.Tag([self = shared_from_this()](bool) {
    const Metadata& trailing = self->context_->GetServerTrailingMetadata();
    const bool answered = !trailing.empty() || !self->context_->GetServerInitialMetadata().empty();
    grpc::Status status = self->upstream_.Explain(self->status_, answered);
    self->in_flight_.reset();
    self->upstream_.OnCallEnd(self->status_, self->loop_.Now());
    if (self->hung_ && !self->status_.ok()) status = self->upstream_.HungStatus();
    if (!self->abort_status_.ok()) status = self->abort_status_;
    if (self->handler_) self->handler_->OnEnd(status);
    CopyTrailingToCaller(trailing, self->accepted_->context);
    self->accepted_->on_cancelled = nullptr;
    self->accepted_->stream.Finish(status, self->loop_.Tag([self](bool) {}));
  }));
}

void StreamRelay::Abort(const grpc::Status& status) {
  abort_status_ = status;
  if (!context_) return;
  context_->TryCancel();
  Deliver();
}

}  // namespace sidecar_shim
