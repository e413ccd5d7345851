// Relays one call of any kind, full duplex, message by message: two pumps that
// know nothing of each other until the runtime ends the call.
//
//   up    caller.Read -> runtime.Write -> caller.Read ...; the caller's
//         half-close becomes WritesDone.
//   down  runtime.Read -> caller.Write -> runtime.Read ...; the runtime's end
//         becomes Finish with its status and trailers.
//
// Each pump has one operation under way at most, so a slow reader holds the
// other side back through HTTP/2's flow control, and one message per direction
// is all that is kept in memory.
#ifndef SIDECAR_SHIM_SHIM_RELAY_STREAM_RELAY_H_
#define SIDECAR_SHIM_SHIM_RELAY_STREAM_RELAY_H_

#include <grpcpp/generic/generic_stub.h>

#include <memory>
#include <optional>

#include "shim/base/loop.h"
#include "shim/cri/upstream.h"
#include "shim/relay/accepted_call.h"
#include "shim/relay/call_handler.h"

namespace sidecar_shim {

class StreamRelay : public std::enable_shared_from_this<StreamRelay> {
 public:
  // handler may be null; only its HoldResponse, OnResponse and OnEnd are used.
  StreamRelay(Loop& loop, Upstream& upstream, std::shared_ptr<AcceptedCall> accepted,
              std::unique_ptr<CallHandler> handler)
      : loop_(loop), upstream_(upstream), accepted_(std::move(accepted)), handler_(std::move(handler)) {}

  void Start();
  // The caller has already said that it sends no (more) message.
  void StartHalfClosed();
  // Ends the call at the caller's side; the runtime's side is cancelled.
  void Abort(const grpc::Status& status);

 private:
  void Connect();
  void PumpUp();
  void PumpDown();
  void Deliver();
  void OnRuntimeEnd();

  Loop& loop_;
  Upstream& upstream_;
  std::shared_ptr<AcceptedCall> accepted_;
  std::unique_ptr<CallHandler> handler_;
  std::unique_ptr<grpc::ClientContext> context_;
  std::unique_ptr<grpc::GenericClientAsyncReaderWriter> stream_;
  std::optional<Upstream::InFlightCall> in_flight_;
  grpc::ByteBuffer up_;
  grpc::ByteBuffer down_;
  grpc::Status status_;
  grpc::Status abort_status_;
  bool held_ = false;  // the handler keeps a message back
  bool hung_ = false;  // the runtime hangs; it is not waited for
  bool half_closed_ = false;
  bool runtime_ended_ = false;
};

}  // namespace sidecar_shim

#endif  // SIDECAR_SHIM_SHIM_RELAY_STREAM_RELAY_H_
