#include "shim/relay/stream_relay.h"

#include "shim/cri/methods.h"
#include "shim/relay/metadata.h"

namespace sidecar_shim {

void StreamRelay::Start() { Connect(); }

void StreamRelay::StartHalfClosed() {
  up_ = Up::kHalfClosed;
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
      if (ended_ == Ended::kByRuntime) ended_ = Ended::kByWatchdog;
      context_->TryCancel();
    });
  }
  stream_->StartCall(loop_.Tag([self = shared_from_this()](bool ok) {
    if (!ok) {
      self->OnRuntimeEnd();
      return;
    }
    self->PumpUp();
    // Headers are passed on as soon as the runtime sends them: its first message may be hours away.
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
  if (up_ == Up::kHalfClosed) {
    stream_->WritesDone(loop_.Tag([self = shared_from_this()](bool) {}));
    return;
  }
  accepted_->stream.Read(&request_, loop_.Tag([self = shared_from_this()](bool ok) {
    if (self->down_ == Down::kEnded) return;
    if (!ok) {
      self->up_ = Up::kHalfClosed;
      self->PumpUp();
      return;
    }
    self->stream_->Write(self->request_, self->loop_.Tag([self](bool written) {
      // Where the write fails the runtime has ended the call; PumpDown reads its status.
      if (written && self->down_ != Down::kEnded) self->PumpUp();
    }));
  }));
}

void StreamRelay::PumpDown() {
  down_ = Down::kReading;
  stream_->Read(&response_, loop_.Tag([self = shared_from_this()](bool ok) {
    if (!ok || !self->response_.Valid()) {
      self->OnRuntimeEnd();
      return;
    }
    self->upstream_.RecordActivity(self->loop_.Now());
    self->down_ = Down::kHeld;
    const bool hold = self->handler_ && !self->accepted_->cancelled && self->ended_ != Ended::kByAbort &&
                      self->handler_->HoldResponse(self->response_, [self] { self->Deliver(); });
    if (!hold) self->Deliver();
  }));
}

void StreamRelay::Deliver() {
  if (down_ != Down::kHeld) return;
  down_ = Down::kWriting;
  if (handler_) handler_->OnResponse(response_);
  accepted_->stream.Write(response_, loop_.Tag([self = shared_from_this()](bool written) {
    // Where the write fails the caller is gone; cancelling ends the runtime's side.
    if (!written) self->context_->TryCancel();
    self->PumpDown();
  }));
}

void StreamRelay::OnRuntimeEnd() {
  down_ = Down::kEnded;
  stream_->Finish(&status_, loop_.Tag([self = shared_from_this()](bool) {
    const grpc::Status status = self->FinalStatus();
    if (self->handler_) self->handler_->OnEnd(status);
    CopyTrailingToCaller(self->context_->GetServerTrailingMetadata(), self->accepted_->context);
    self->accepted_->on_cancelled = nullptr;
    self->accepted_->stream.Finish(status, self->loop_.Tag([self](bool) {}));
  }));
}

grpc::Status StreamRelay::FinalStatus() {
  const bool answered =
      !context_->GetServerTrailingMetadata().empty() || !context_->GetServerInitialMetadata().empty();
  const grpc::Status explained = upstream_.Explain(status_, answered);
  in_flight_.reset();
  upstream_.OnCallEnd(status_, loop_.Now());
  if (ended_ == Ended::kByAbort) return abort_status_;
  return ended_ == Ended::kByWatchdog && !status_.ok() ? upstream_.HungStatus() : explained;
}

void StreamRelay::Abort(const grpc::Status& status) {
  ended_ = Ended::kByAbort;
  abort_status_ = status;
  if (!context_) return;
  context_->TryCancel();
  Deliver();
}

}  // namespace sidecar_shim
