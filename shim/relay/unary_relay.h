// Relays one call of a method that is known to be unary: one message each way, one batch of operations per
// side. Other methods go through StreamRelay, which is right for every kind of call.
//
//   kReading --message, handler--> kAwaitingHandler --Reply, Fail--------------------------> kFinished
//      |                              |                                                         ^
//      |message, no handler           |Forward                                                  |
//      +------------------------------+--> kForwarded --the runtime's answer--> kHeld --Deliver-+
//      |                                      |                                   ^
//      |no message: StreamRelay takes over    |the watchdog finds the             |the call's end
//      v                                      |runtime hung                       |
//   kFinished                                 +--> kHung -------------------------+
//
// kHeld is left at once, unless the handler holds the response back: then when it releases it.
// When the caller cancels, a call in
//   kAwaitingHandler   calls OnCancelled and ends with CANCELLED;
//   kForwarded, kHung  cancels the runtime's call and waits for its end;
//   kHeld              delivers at once.
//
// Loop thread only.
#ifndef SIDECAR_SHIM_SHIM_RELAY_UNARY_RELAY_H_
#define SIDECAR_SHIM_SHIM_RELAY_UNARY_RELAY_H_

#include <grpcpp/generic/generic_stub.h>

#include <memory>
#include <optional>

#include "shim/base/loop.h"
#include "shim/cri/upstream.h"
#include "shim/relay/accepted_call.h"
#include "shim/relay/call_handler.h"

namespace sidecar_shim {

class UnaryRelay : public RelayedCall, public std::enable_shared_from_this<UnaryRelay> {
 public:
  // handler may be null. The relay keeps itself alive until the call has ended.
  UnaryRelay(Loop& loop, Upstream& upstream, std::shared_ptr<AcceptedCall> accepted,
             std::unique_ptr<CallHandler> handler)
      : loop_(loop), upstream_(upstream), accepted_(std::move(accepted)), handler_(std::move(handler)) {}

  void Start();

  Time deadline() const override { return accepted_->Deadline(loop_); }
  void Forward(const grpc::ByteBuffer& request) override;
  void Reply(const grpc::ByteBuffer& response) override;
  void Fail(const grpc::Status& status) override;

 private:
  enum class State {
    kReading,          // the caller's message
    kAwaitingHandler,  // until the handler calls Forward, Reply or Fail
    kForwarded,        // until the runtime answers
    kHung,             // as kForwarded, but the call has been cancelled because the runtime hangs
    kHeld,             // the answer is here and may be held back
    kFinished,         // the caller has its answer
  };

  void OnRequest(bool ok);
  void OnAnswer();
  void Deliver();
  void OnCancelled();
  void Finish(const grpc::Status& status, const grpc::ByteBuffer* message);

  Loop& loop_;
  Upstream& upstream_;
  std::shared_ptr<AcceptedCall> accepted_;
  std::unique_ptr<CallHandler> handler_;
  State state_ = State::kReading;
  grpc::ByteBuffer request_;
  grpc::ByteBuffer response_;
  grpc::Status status_;
  std::unique_ptr<grpc::ClientContext> context_;
  std::unique_ptr<grpc::GenericClientAsyncResponseReader> reader_;
  std::optional<Upstream::InFlightCall> in_flight_;
};

}  // namespace sidecar_shim

#endif  // SIDECAR_SHIM_SHIM_RELAY_UNARY_RELAY_H_
