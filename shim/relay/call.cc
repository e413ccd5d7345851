#include "shim/relay/call.h"

#include <algorithm>
#include <utility>

#include "shim/relay/grpc_wire.h"
#include "shim/relay/inflate.h"
#include "shim/relay/limits.h"

namespace sidecar_shim {
namespace {

// What a request that has waited may have waited without the deadline in its headers being wrong.
constexpr Duration kNoWait = std::chrono::milliseconds(1);

}  // namespace

Call::Call(CallHost& host, http2::Stream& caller) : host_(host), caller_(&caller) {}

Call::~Call() {
  if (caller_ != nullptr) caller_->Reset(NGHTTP2_CANCEL);
  DropRuntime(NGHTTP2_CANCEL);
}

void Call::Begin(const http2::HeaderBlock& block, bool end) {
  const std::string_view path = block.Find(":path");
  if (!IsServed(path)) {
    // As a server answers that does not have the service.
    EndCaller(
        grpc::Status(grpc::StatusCode::UNIMPLEMENTED, "unknown service " + std::string(ServiceOf(path))));
    return;
  }
  began_ = host_.loop().Now();
  method_ = host_.LookUp(path);
  if (const std::optional<Duration> timeout = ParseTimeout(block.Find("grpc-timeout"))) {
    deadline_ = *timeout < Time::max() - began_ ? began_ + *timeout : Time::max();
  }
  if (method_.traits.endless) host_.OnEndless(*this);
  if (state_ == State::kEnded) return;
  request_.ended = end;
  if (method_.handler != nullptr) {
    request_.headers = block;
    // So that the runtime compresses nothing in a way that the handler cannot read.
    if (!CanInflateAll(block.Find("grpc-accept-encoding"))) request_.headers.Remove("grpc-accept-encoding");
    if (method_.handler->WantsRequest() && !end) {
      state_ = State::kGathering;
      return;
    }
    if (method_.handler->WantsRequest()) method_.handler.reset();  // it has no message
    repeatable_ = method_.traits.only_asks;
    Open(request_.headers, end);
    return;
  }
  repeatable_ = method_.traits.only_asks;
  if (repeatable_) request_.headers = block;
  Open(block, end);
}

void Call::Open(const http2::HeaderBlock& headers, bool end) {
  state_ = State::kForwarded;
  Upstream& upstream = host_.UpstreamFor(method_);
  if (!method_.traits.endless) in_flight_.emplace(upstream, [this] { OnHung(); });
  connection_.emplace(host_.Connect(method_, /*alone=*/repeated_ || !method_.traits.only_asks));
  runtime_ = &connection_->Open(headers, end, runtime_side_);
}

void Call::CallerSide::OnHeaders(const http2::HeaderBlock& block, bool end) {
  if (call_.state_ == State::kNew) {
    call_.Begin(block, end);
  } else if (call_.runtime_ != nullptr && end) {
    call_.repeatable_ = false;
    call_.runtime_->SendTrailers(block);
  } else if (end) {
    OnEnd();
  }
}

void Call::CallerSide::OnData(Slice data) {
  if (call_.state_ == State::kGathering) {
    call_.request_.Append(data.view());
    call_.caller_->Consume(data.size());
    if (call_.request_.size() > kLargestGathered) {
      call_.method_.handler.reset();
      call_.SendKept(call_.request_.TakeBytes());
    }
  } else if (call_.runtime_ != nullptr && !call_.runtime_->ended()) {
    call_.RememberRequest(data.view());
    call_.uncredited_ += data.size();
    call_.runtime_->SendData(std::move(data));
  } else if (call_.caller_ != nullptr) {
    call_.caller_->Consume(data.size());
  }
}

void Call::CallerSide::OnEnd() {
  call_.request_.ended = true;
  if (call_.state_ == State::kGathering) {
    call_.GiveToHandler();
  } else if (call_.runtime_ != nullptr) {
    call_.runtime_->SendEnd();
  }
}

void Call::GiveToHandler() {
  if (!request_.IsOneMessage()) {
    // Not one message: the runtime says what is wrong with it.
    method_.handler.reset();
    SendKept(request_.TakeBytes());
    return;
  }
  state_ = State::kWithHandler;
  method_.handler->OnRequest(*this);
}

void Call::Forward() {
  if (state_ != State::kWithHandler) return;
  SendKept(request_.TakeBytes());
}

void Call::ForwardChanged(const std::string& request) {
  if (state_ != State::kWithHandler) return;
  SendKept(WithPrefix(request));
}

void Call::SendKept(const std::string& framed) {
  const Time now = host_.loop().Now();
  if (deadline_ != Time::max() && now - began_ > kNoWait) {
    request_.headers.Set("grpc-timeout", FormatTimeout(deadline_ - now));
  }
  repeatable_ = method_.traits.only_asks;
  Open(request_.headers, /*end=*/false);
  RememberRequest(framed);
  runtime_->SendData(Slice::CopyOf(framed));
  if (request_.ended) runtime_->SendEnd();
}

void Call::RememberRequest(std::string_view data) {
  if (!repeatable_) return;
  repeatable_ = request_.size() + data.size() <= kLargestRepeated;
  if (repeatable_) request_.Append(data);
}

bool Call::Repeat() {
  if (!std::exchange(repeatable_, false)) return false;
  repeated_ = true;
  early_.reset();
  std::exchange(runtime_, nullptr)->Release();
  connection_.reset();
  Open(request_.headers, /*end=*/false);
  runtime_->SendData(Slice::CopyOf(request_.bytes()));
  if (request_.ended) runtime_->SendEnd();
  return true;
}

void Call::Reply(const std::string& response) {
  if (state_ != State::kWithHandler) return;
  state_ = State::kEnded;
  reported_ = true;
  caller_->SendHeaders(OwnHeaders(), /*end=*/false);
  caller_->SendData(Slice::CopyOf(WithPrefix(response)));
  caller_->SendTrailers(TrailersOf(grpc::Status::OK));
}

void Call::Fail(const grpc::Status& status) {
  if (state_ != State::kWithHandler) return;
  reported_ = true;
  EndCaller(status);
}

void Call::EndCaller(const grpc::Status& status) {
  state_ = State::kEnded;
  if (caller_ == nullptr) return;
  if (response_.begun()) {
    caller_->SendTrailers(TrailersOf(status));
  } else {
    caller_->SendHeaders(TrailersOnly(status), /*end=*/true);
  }
  caller_->ResetAfterEnd(NGHTTP2_NO_ERROR);
}

void Call::OnRequestSent(size_t bytes) {
  const size_t count = std::min(bytes, uncredited_);
  uncredited_ -= count;
  if (caller_ != nullptr) caller_->Consume(count);
}

void Call::ReportEnd(const grpc::Status& status) {
  response_.Drop();  // a later release must not call OnResponse after OnEnd
  if (method_.handler != nullptr && !std::exchange(reported_, true)) method_.handler->OnEnd(status);
}

void Call::OnCallerClosed(http2::Closed why, uint32_t code) {
  std::exchange(caller_, nullptr)->Release();
  if (state_ == State::kWithHandler) {
    reported_ = true;
    method_.handler->OnCancelled();
  } else if (state_ == State::kForwarded) {
    // What is held is released, so that the handler knows what the runtime has done.
    response_.Release();
    DropRuntime(why == http2::Closed::kReset ? code : uint32_t{NGHTTP2_CANCEL});
    ReportEnd(grpc::Status(grpc::StatusCode::CANCELLED, "the caller has cancelled the call"));
  }
  state_ = State::kEnded;
  in_flight_.reset();
  EndIfOver();
}

void Call::OnHung() {
  const grpc::Status status = host_.UpstreamFor(method_).HungStatus();
  DropRuntime(NGHTTP2_CANCEL);
  ReportEnd(status);
  EndCaller(status);
}

void Call::Abort(const grpc::Status& status) {
  if (state_ == State::kEnded) return;
  in_flight_.reset();
  if (state_ == State::kWithHandler) method_.handler->OnCancelled();
  if (state_ != State::kForwarded) reported_ = true;
  DropRuntime(NGHTTP2_CANCEL);
  ReportEnd(status);
  EndCaller(status);
}

void Call::DropRuntime(uint32_t code) {
  if (runtime_ != nullptr) std::exchange(runtime_, nullptr)->Reset(code);
  connection_.reset();
}

void Call::EndIfOver() {
  if (caller_ != nullptr || std::exchange(over_, true)) return;
  // Where the runtime has ended the call too this only gives its bytes back.
  DropRuntime(NGHTTP2_CANCEL);
  host_.OnCallOver(*this);
}

}  // namespace sidecar_shim
