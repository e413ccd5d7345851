#include "shim/cri/subscription.h"

#include <chrono>
#include <utility>

#include "shim/cri/bytes.h"

namespace sidecar_shim {
namespace {

constexpr Duration kRetryWhereRefused = std::chrono::minutes(1);

bool IsRefusal(const grpc::Status& status) {
  return status.error_code() == grpc::StatusCode::UNIMPLEMENTED ||
         status.error_code() == grpc::StatusCode::PERMISSION_DENIED ||
         status.error_code() == grpc::StatusCode::UNAUTHENTICATED;
}

}  // namespace

// Keeps itself alive until the call has ended, which may be after the
// subscription has cancelled it.
struct Subscription::Stream : std::enable_shared_from_this<Stream> {
  explicit Stream(Subscription& its_owner)
      : loop(its_owner.loop_), owner(its_owner), wanted(its_owner.stream_lifetime_.handle()) {}

  void Begin(const std::string& request) {
    stream->StartCall(loop.Tag([self = shared_from_this(), request](bool ok) {
      if (ok) {
        self->Send(request);
      } else {
        self->End();
      }
    }));
  }

  void Send(const std::string& request) {
    stream->WriteLast(ToBuffer(request), grpc::WriteOptions(), loop.Tag([self = shared_from_this()](bool ok) {
      if (!ok) {
        self->End();
        return;
      }
      if (self->wanted.alive() && self->owner.callbacks_.on_sent) self->owner.callbacks_.on_sent();
      self->Next();
    }));
  }

  void Next() {
    stream->Read(&message, loop.Tag([self = shared_from_this()](bool ok) {
      if (!ok) {
        self->End();
        return;
      }
      if (self->wanted.alive()) {
        self->owner.upstream_.RecordActivity(self->loop.Now());
        self->owner.callbacks_.on_message(FromBuffer(self->message));
      }
      self->Next();
    }));
  }

  void End() {
    stream->Finish(&status, loop.Tag([self = shared_from_this()](bool) {
      if (self->wanted.alive()) self->owner.OnEnd(self->status);
    }));
  }

  Loop& loop;
  Subscription& owner;  // only while `wanted` is alive
  const Lifetime::Handle wanted;
  grpc::ClientContext context;
  std::unique_ptr<grpc::GenericClientAsyncReaderWriter> stream;
  grpc::ByteBuffer message;
  grpc::Status status;
};

Subscription::Subscription(Loop& loop, Upstream& upstream, std::string method, const std::string& request,
                           Duration retry, Callbacks callbacks)
    : loop_(loop),
      upstream_(upstream),
      method_(std::move(method)),
      request_(request),
      retry_(retry),
      callbacks_(std::move(callbacks)),
      timer_(loop) {}

void Subscription::Start() {
  stream_lifetime_.Restart();
  stream_ = std::make_shared<Stream>(*this);
  stream_->stream = upstream_.stub().PrepareCall(&stream_->context, method_, loop_.queue());
  stream_->Begin(request_);
}

void Subscription::OnEnd(const grpc::Status& status) {
  const grpc::Status why = status;  // the stream's own
  stream_.reset();
  const Duration pause = IsRefusal(why) ? kRetryWhereRefused : retry_;
  timer_.Start(loop_.Now() + pause, [this] { Start(); });
  if (callbacks_.on_end) callbacks_.on_end(why);
}

void Subscription::Stop() {
  timer_.Cancel();
  stream_lifetime_.Restart();
  if (!stream_) return;
  stream_->context.TryCancel();
  stream_.reset();
}

}  // namespace sidecar_shim
