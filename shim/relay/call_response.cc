// The runtime's side of a call: its answer, and how it ends.
#include <utility>

#include "shim/relay/call.h"
#include "shim/relay/grpc_wire.h"
#include "shim/relay/limits.h"

namespace sidecar_shim {

void Call::OnResponseHeaders(const http2::HeaderBlock& block, bool end) {
  if (early_ || response_.begun()) {
    if (end) OnResponseTrailers(&block);
  } else if (end) {
    // An answer without a message: one block holds headers and trailers.
    repeatable_ = false;
    if (caller_ != nullptr) caller_->SendHeaders(block, /*end=*/true);
    OnResponseEnd(method_.handler != nullptr ? StatusOf(block) : grpc::Status());
  } else if (repeatable_) {
    early_.emplace(block);
  } else {
    response_.Begin(block, method_.handler.get(), method_.traits.unary);
  }
}

void Call::RuntimeSide::OnData(Slice data) {
  if (!call_.early_) {
    call_.response_.OnData(std::move(data));
    return;
  }
  call_.early_->Append(std::move(data));
  if (call_.early_->size() > kLargestRepeated) call_.PassEarly();
}

void Call::PassEarly() {
  repeatable_ = false;
  if (!early_) return;
  response_.Begin(early_->headers(), method_.handler.get(), method_.traits.unary);
  for (Slice& data : early_->data()) response_.OnData(std::move(data));
  early_.reset();
}

void Call::OnResponseTrailers(const http2::HeaderBlock* trailers) {
  PassEarly();
  response_.OnEnd(trailers);
}

void Call::ConsumeResponse(size_t bytes) {
  if (runtime_ != nullptr) runtime_->Consume(bytes);
}

void Call::OnCallerCongested() {
  if (connection_) host_.Pause(connection_->connection());
}

void Call::OnResponseEnd(const grpc::Status& status) {
  state_ = State::kEnded;
  in_flight_.reset();
  ReportEnd(status);
}

void Call::OnRuntimeClosed(http2::Closed why, uint32_t code) {
  in_flight_.reset();
  if (state_ == State::kEnded || response_.ended()) {
    // It does not want the rest of the request.
    if (caller_ != nullptr && why == http2::Closed::kReset) caller_->ResetAfterEnd(code);
  } else if (MayRepeat(why, code) && Repeat()) {
    return;
  } else if (why == http2::Closed::kReset) {
    state_ = State::kEnded;
    ReportEnd(grpc::Status(grpc::StatusCode::UNAVAILABLE, "the runtime has reset the call"));
    if (caller_ != nullptr) caller_->Reset(code);
    caller_ = nullptr;
    EndIfOver();
  } else {
    const grpc::Status lost =
        code == NGHTTP2_COMPRESSION_ERROR ? host_.UpstreamFor(method_).TooLarge() : connection_->Lost();
    ReportEnd(lost);
    EndCaller(lost);
  }
}

bool Call::MayRepeat(http2::Closed why, uint32_t code) const {
  if (why == http2::Closed::kReset) return code == NGHTTP2_REFUSED_STREAM;
  return why == http2::Closed::kConnection && code == NGHTTP2_NO_ERROR && connection_->broken_by_answer();
}

}  // namespace sidecar_shim
