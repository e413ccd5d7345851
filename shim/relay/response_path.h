// The way of a response from the runtime to the caller, past the call's handler.
//
//   kNothing  everything passes as it arrives
//   kObserve  the same, and the handler sees a copy of each message
//   kWhole    DATA is gathered into messages; those of a stream go on one by one,
//             that of a unary call when its end is here. The handler may hold
//             what is to go on next:
//
//     flowing --HoldResponse--> held --release, or the caller is gone--> flowing
//
// The end (trailers, or END_STREAM without them) goes on after all messages.
// Loop thread only.
#ifndef SIDECAR_SHIM_SHIM_RELAY_RESPONSE_PATH_H_
#define SIDECAR_SHIM_SHIM_RELAY_RESPONSE_PATH_H_

#include <cstddef>
#include <optional>
#include <string>

#include "shim/base/lifetime.h"
#include "shim/base/slice.h"
#include "shim/http2/header_block.h"
#include "shim/http2/stream.h"
#include "shim/relay/call_handler.h"

namespace sidecar_shim {

// The call that a response belongs to.
class ResponseSink {
 public:
  virtual ~ResponseSink() = default;
  // The caller's stream; null once it is gone.
  virtual http2::Stream* caller() = 0;
  // The runtime may send so many bytes more.
  virtual void ConsumeResponse(size_t bytes) = 0;
  // The caller takes so little that the runtime should wait.
  virtual void OnCallerCongested() = 0;
  // All of it has been given to the caller's stream. `status` is the trailers' where the call has a handler.
  virtual void OnResponseEnd(const grpc::Status& status) = 0;
};

class ResponsePath {
 public:
  explicit ResponsePath(ResponseSink& sink) : sink_(sink) {}

  // The response's headers, which are passed on. `handler` may be null.
  void Begin(const http2::HeaderBlock& headers, CallHandler* handler, bool unary);
  void OnData(Slice data);
  // The runtime's end, with `trailers` where it sent some.
  void OnEnd(const http2::HeaderBlock* trailers);
  // The caller is gone: what is held goes on, so that the handler sees all.
  void Release();
  // The call has ended otherwise: what is held goes nowhere.
  void Drop() { held_ = false; }

  // So many bytes have left for the caller.
  void OnSent(size_t bytes);
  bool begun() const { return begun_; }
  // Its end has come from the runtime.
  bool ended() const { return ended_; }

 private:
  void Pass(Slice data);
  void Observe(const Slice& data);
  // Lets messages go on, unless something is held.
  void Pump();
  bool MayGoOn() const { return !held_ && (!unary_ || ended_); }
  // The first message in gathered_, with its prefix; empty where it is incomplete.
  std::string_view NextMessage() const;
  // Shows a message to the handler and passes it, or what replaces it, on.
  void Emit(std::string_view framed);
  void EmitEnd(const http2::HeaderBlock* trailers);
  // As its handler sees it: plain. Valid until the next call.
  std::string_view Plain(std::string_view framed);

  ResponseSink& sink_;
  CallHandler* handler_ = nullptr;
  ResponseWanted wanted_ = ResponseWanted::kNothing;
  bool unary_ = false;
  bool begun_ = false;
  bool held_ = false;
  bool ended_ = false;
  std::string encoding_;  // grpc-encoding
  std::string gathered_;  // not passed on yet, or not observed yet
  size_t taken_ = 0;      // bytes of gathered_ that have gone on
  size_t held_back_ = 0;  // bytes that came while a message was held
  std::string plain_;
  std::optional<http2::HeaderBlock> trailers_;  // while something is held
  grpc::Status status_;
  size_t uncredited_ = 0;  // bytes passed on as they came that have not left yet
  Lifetime lifetime_;
};

}  // namespace sidecar_shim

#endif  // SIDECAR_SHIM_SHIM_RELAY_RESPONSE_PATH_H_
