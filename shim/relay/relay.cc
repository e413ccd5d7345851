#include "shim/relay/relay.h"

#include <utility>

#include "absl/strings/match.h"
#include "absl/strings/str_cat.h"
#include "absl/strings/string_view.h"
#include "absl/strings/strip.h"
#include "shim/cri/methods.h"
#include "shim/relay/unary_relay.h"

namespace sidecar_shim {
namespace {

// Accepts that are pending at any time: calls that arrive at once do not wait for each other.
constexpr int kOpenAccepts = 16;

// "a.b.C" of "/a.b.C/Method".
absl::string_view ServiceOf(absl::string_view method) {
  absl::ConsumePrefix(&method, "/");
  return method.substr(0, method.rfind('/'));
}

// containerd serves its own API (images, leases, tasks, ...) on the socket of CRI. Access to the shim's
// socket does not give access to that.
bool IsServed(absl::string_view service) { return !absl::StartsWith(service, "containerd."); }

}  // namespace

void Relay::Start(Loop& loop, grpc::ServerCompletionQueue* queue, HandlerTable handlers) {
  loop_ = &loop;
  queue_ = queue;
  handlers_ = std::move(handlers);
  for (int i = 0; i < kOpenAccepts; ++i) Accept();
}

void Relay::Accept() {
  auto accepted = std::make_shared<AcceptedCall>();
  // The queue returns this tag only if a call has been accepted; see Discard() below.
  void* done = loop_->Tag([this, accepted](bool) {
    if (accepted->context.IsCancelled()) {
      accepted->cancelled = true;
      if (auto on_cancelled = std::exchange(accepted->on_cancelled, nullptr)) on_cancelled();
    }
    --live_;
  });
  accepted->context.AsyncNotifyWhenDone(done);
  service_.RequestCall(&accepted->context, &accepted->stream, queue_, queue_,
                       loop_->Tag([this, accepted, done](bool ok) {
                         if (!ok) {
                           loop_->Discard(done);
                           return;
                         }
                         ++live_;
                         ++accepted_;
                         if (!shutting_down_) Accept();
                         Serve(accepted);
                       }));
}

void Relay::Serve(const std::shared_ptr<AcceptedCall>& accepted) {
  const std::string& method = accepted->context.method();
  if (const absl::string_view service = ServiceOf(method); !IsServed(service)) {
    // As a server answers that does not have the service.
    accepted->stream.Finish(
        grpc::Status(grpc::StatusCode::UNIMPLEMENTED, absl::StrCat("unknown service ", service)),
        loop_->Tag([accepted](bool) {}));
    return;
  }
  Upstream& upstream = absl::StrContains(method, ".ImageService/") ? images_ : runtime_;
  std::unique_ptr<CallHandler> handler;
  if (auto it = handlers_.find(method); it != handlers_.end()) handler = it->second();
  if (IsUnary(method)) {
    std::make_shared<UnaryRelay>(*loop_, upstream, accepted, std::move(handler))->Start();
    return;
  }
  auto stream = std::make_shared<StreamRelay>(*loop_, upstream, accepted, std::move(handler));
  if (IsEndless(method)) {
    std::erase_if(endless_, [](const auto& entry) { return entry.second.expired(); });
    endless_[next_endless_++] = stream;
  }
  stream->Start();
  if (shutting_down_) BeginShutdown();
}

void Relay::BeginShutdown() {
  shutting_down_ = true;
  for (auto& [id, weak] : endless_) {
    if (auto stream = weak.lock()) {
      stream->Abort(
          grpc::Status(grpc::StatusCode::UNAVAILABLE, "sidecar-shim is shutting down; subscribe again"));
    }
  }
}

}  // namespace sidecar_shim
