#include "shim/cri/subscription.h"

#include <utility>

namespace sidecar_shim {
namespace {

constexpr Duration kRetryWhereRefused = std::chrono::minutes(1);

bool IsRefusal(const grpc::Status& status) {
  return status.error_code() == grpc::StatusCode::UNIMPLEMENTED ||
         status.error_code() == grpc::StatusCode::PERMISSION_DENIED ||
         status.error_code() == grpc::StatusCode::UNAUTHENTICATED;
}

}  // namespace

struct Subscription::Stream : std::enable_shared_from_this<Stream> {
  explicit Stream(Loop& its_loop) : loop(its_loop) {}

  Loop& loop;
  Subscription* owner = nullptr;  // null once nobody is interested
  grpc::ClientContext context;
  std::unique_ptr<grpc::GenericClientAsyncReaderWriter> stream;
  grpc::ByteBuffer message;
  grpc::Status status;

  void Begin(const grpc::ByteBuffer& request) {
    stream->StartCall(loop.Tag([self = shared_from_this(), request](bool ok) {
      if (!ok) {
        self->End();
        return;
      }
      self->stream->WriteLast(request, grpc::WriteOptions(), self->loop.Tag([self](bool written) {
        if (!written) {
          self->End();
          return;
        }
        if (self->owner != nullptr && self->owner->callbacks_.on_sent) {
          self->owner->callbacks_.on_sent();
        }
        self->Next();
      }));
    }));
  }

  void Next() {
    stream->Read(&message, loop.Tag([self = shared_from_this()](bool ok) {
      if (!ok) {
        self->End();
        return;
      }
      if (self->owner != nullptr) {
        self->owner->upstream_.RecordActivity();
        self->owner->callbacks_.on_message(self->message);
      }
      self->Next();
    }));
  }

  void End() {
    stream->Finish(&status, loop.Tag([self = shared_from_this()](bool) {
      Subscription* subscription = std::exchange(self->owner, nullptr);
      if (subscription == nullptr) return;
      subscription->stream_.reset();
      const Duration pause = IsRefusal(self->status) ? kRetryWhereRefused : subscription->retry_;
      subscription->timer_.Start(Loop::Now() + pause, [subscription] { subscription->Start(); });
      if (subscription->callbacks_.on_end) subscription->callbacks_.on_end(self->status);
    }));
  }
};

Subscription::Subscription(Loop& loop, Upstream& upstream, std::string method,
                           const grpc::ByteBuffer& request, Duration retry, Callbacks callbacks)
    : loop_(loop),
      upstream_(upstream),
      method_(std::move(method)),
      request_(request),
      retry_(retry),
      callbacks_(std::move(callbacks)),
      timer_(loop) {}

void Subscription::Start() {
  stream_ = std::make_shared<Stream>(loop_);
  stream_->owner = this;
  stream_->stream = upstream_.stub().PrepareCall(&stream_->context, method_, loop_.queue());
  stream_->Begin(request_);
}

void Subscription::Stop() {
  timer_.Cancel();
  if (!stream_) return;
  stream_->owner = nullptr;
  stream_->context.TryCancel();
  stream_.reset();
}

}  // namespace sidecar_shim
