#include "shim/relay/response_path.h"

#include <algorithm>
#include <utility>

#include "shim/relay/grpc_wire.h"
#include "shim/relay/inflate.h"
#include "shim/relay/limits.h"

namespace sidecar_shim {

void ResponsePath::Begin(const http2::HeaderBlock& headers, CallHandler* handler, bool unary) {
  begun_ = true;
  unary_ = unary;
  handler_ = handler;
  if (handler_ != nullptr) {
    wanted_ = handler_->Response();
    encoding_ = headers.Find("grpc-encoding");
  }
  if (sink_.caller() != nullptr) sink_.caller()->SendHeaders(headers, /*end=*/false);
}

void ResponsePath::OnData(Slice data) {
  switch (wanted_) {
    case ResponseWanted::kNothing:
      Pass(std::move(data));
      break;
    case ResponseWanted::kObserve:
      Observe(data);
      Pass(std::move(data));
      break;
    case ResponseWanted::kWhole:
      gathered_.append(data.view());
      // A stream whose message is held is held back by its window.
      if (held_) {
        held_back_ += data.size();
      } else {
        sink_.ConsumeResponse(data.size());
      }
      if (gathered_.size() - taken_ > kLargestGathered) {
        wanted_ = ResponseWanted::kNothing;
        Pass(Slice::CopyOf(std::string_view(gathered_).substr(taken_)));
        gathered_.clear();
        taken_ = 0;
        break;
      }
      Pump();
      break;
  }
}

void ResponsePath::Pass(Slice data) {
  if (sink_.caller() == nullptr) {
    sink_.ConsumeResponse(data.size());
    return;
  }
  uncredited_ += data.size();
  sink_.caller()->SendData(std::move(data));
  if (sink_.caller()->congested()) sink_.OnCallerCongested();
}

void ResponsePath::OnSent(size_t bytes) {
  const size_t count = std::min(bytes, uncredited_);
  uncredited_ -= count;
  if (count > 0) sink_.ConsumeResponse(count);
}

void ResponsePath::Observe(const Slice& data) {
  gathered_.append(data.view());
  while (true) {
    const std::string_view framed = NextMessage();
    if (framed.empty()) break;
    handler_->OnResponse(Plain(framed));
    taken_ += framed.size();
  }
  if (taken_ == gathered_.size() || gathered_.size() > kLargestGathered) {
    if (gathered_.size() > kLargestGathered) wanted_ = ResponseWanted::kNothing;
    std::string().swap(gathered_);
    taken_ = 0;
  }
}

void ResponsePath::OnEnd(const http2::HeaderBlock* trailers) {
  ended_ = true;
  if (handler_ != nullptr) status_ = StatusOf(trailers != nullptr ? *trailers : http2::HeaderBlock());
  Pump();
  if (!held_) {
    EmitEnd(trailers);
  } else if (trailers != nullptr) {
    trailers_ = *trailers;
  }
}

std::string_view ResponsePath::NextMessage() const {
  const std::string_view rest = std::string_view(gathered_).substr(taken_);
  const std::optional<size_t> size = MessageSize(rest);
  return size && *size <= rest.size() ? rest.substr(0, *size) : std::string_view();
}

std::string_view ResponsePath::Plain(std::string_view framed) {
  const std::string_view message = framed.substr(kMessagePrefix);
  if (!IsCompressed(framed)) return message;
  std::optional<std::string> plain = Inflate(encoding_, message, kLargestGathered);
  if (!plain) return message;
  plain_ = *std::move(plain);
  return plain_;
}

void ResponsePath::Pump() {
  const bool failed = unary_ && ended_ && !status_.ok();  // then a message means nothing
  while (wanted_ == ResponseWanted::kWhole && MayGoOn() && !failed) {
    const std::string_view framed = NextMessage();
    if (framed.empty()) break;
    if (sink_.caller() != nullptr &&
        handler_->HoldResponse(Plain(framed), lifetime_.Guard([this] { Release(); }))) {
      held_ = true;
      return;
    }
    Emit(framed);
  }
}

void ResponsePath::Release() {
  if (!std::exchange(held_, false)) return;
  sink_.ConsumeResponse(std::exchange(held_back_, 0));
  Emit(NextMessage());
  Pump();
  if (ended_ && !held_) EmitEnd(trailers_ ? &*trailers_ : nullptr);
}

void ResponsePath::Emit(std::string_view framed) {
  const std::optional<std::string> changed = handler_->OnResponse(Plain(framed));
  if (sink_.caller() != nullptr) {
    sink_.caller()->SendData(changed ? Slice::CopyOf(WithPrefix(*changed)) : Slice::CopyOf(framed));
  }
  taken_ += framed.size();
  if (taken_ < gathered_.size()) return;
  gathered_.clear();
  taken_ = 0;
}

void ResponsePath::EmitEnd(const http2::HeaderBlock* trailers) {
  if (http2::Stream* const caller = sink_.caller()) {
    // What is no complete message goes on as it came.
    if (wanted_ == ResponseWanted::kWhole && taken_ < gathered_.size()) {
      caller->SendData(Slice::CopyOf(std::string_view(gathered_).substr(taken_)));
    }
    if (trailers != nullptr) {
      caller->SendTrailers(*trailers);
    } else {
      caller->SendEnd();
    }
  }
  wanted_ = ResponseWanted::kNothing;
  sink_.OnResponseEnd(status_);
}

}  // namespace sidecar_shim
