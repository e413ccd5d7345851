// Relays one call of a method that is known to be unary: one message each way,
// one batch of operations per side. Methods that are not known go through
// StreamRelay, which is right for every kind of call.
//
//   reading --message--> [handler: waiting] --Forward--> forwarded --answer--> [held] --> finishing
//                                  |--Reply / Fail----------------------------------------^
//   A caller that leaves: waiting -> the handler is told; forwarded -> the
//   runtime's call is cancelled and its end awaited; held -> let go.
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
  void OnRequest(bool ok);
  void OnAnswer();
  void Deliver();
  void OnCancelled();
  void Finish(const grpc::Status& status, const grpc::ByteBuffer* message);

  Loop& loop_;
  Upstream& upstream_;
  std::shared_ptr<AcceptedCall> accepted_;
  std::unique_ptr<CallHandler> handler_;
  bool waiting_ = false;  // the handler owes an answer
  bool held_ = false;     // the handler keeps the runtime's answer back
  bool hung_ = false;     // the runtime hangs; it is not waited for
  bool finished_ = false;
  grpc::ByteBuffer request_;
  grpc::ByteBuffer response_;
  grpc::Status status_;
  std::unique_ptr<grpc::ClientContext> context_;
  std::unique_ptr<grpc::GenericClientAsyncResponseReader> reader_;
  std::optional<Upstream::InFlightCall> in_flight_;
};

}  // namespace sidecar_shim

#endif  // SIDECAR_SHIM_SHIM_RELAY_UNARY_RELAY_H_
