// Relays one call of any kind, full duplex, message by message. Two pumps run independently of each other
// until the runtime ends the call; each has one operation in flight at most, so a slow reader holds the other
// side back through HTTP/2's flow control, and one message per direction is all that is kept in memory.
//
//   Up, the caller's messages:
//     kOpen  caller.Read -> runtime.Write -> caller.Read ...
//       --the caller half-closes (or had done so before)--> kHalfClosed  runtime.WritesDone
//
//   Down, the runtime's messages:
//     kConnecting --initial metadata passed on--> kReading --message--> kHeld --Deliver--> kWriting
//          |                                        |  ^                                     |
//          |the call fails                          |  +------------ the caller has it ------+
//          v                                        |
//        kEnded <----- the runtime ends the call ---+
//     kHeld is left at once, unless the handler holds the message back: then when it releases it, the caller
//     cancels, or the call is aborted. kEnded stops both pumps; the caller gets the final status.
//
//   The final status is the runtime's, unless this side has cancelled the runtime's call before:
//     kByRuntime --the watchdog finds the runtime hung--> kByWatchdog
//     kByRuntime, kByWatchdog --Abort--> kByAbort
//
// Loop thread only.
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
  // handler may be null; only its HoldResponse, OnResponse and OnEnd are used. The relay keeps itself alive
  // until the call has ended.
  StreamRelay(Loop& loop, Upstream& upstream, std::shared_ptr<AcceptedCall> accepted,
              std::unique_ptr<CallHandler> handler)
      : loop_(loop), upstream_(upstream), accepted_(std::move(accepted)), handler_(std::move(handler)) {}

  void Start();
  // As Start(), where the caller has half-closed already.
  void StartHalfClosed();
  // Cancels the runtime's call and ends the caller's with `status`.
  void Abort(const grpc::Status& status);

 private:
  enum class Up { kOpen, kHalfClosed };
  enum class Down { kConnecting, kReading, kHeld, kWriting, kEnded };
  enum class Ended { kByRuntime, kByWatchdog, kByAbort };

  void Connect();
  void PumpUp();
  void PumpDown();
  void Deliver();
  void OnRuntimeEnd();
  // What the caller's call ends with, once status_ is the runtime's.
  grpc::Status FinalStatus();

  Loop& loop_;
  Upstream& upstream_;
  std::shared_ptr<AcceptedCall> accepted_;
  std::unique_ptr<CallHandler> handler_;
  std::unique_ptr<grpc::ClientContext> context_;
  std::unique_ptr<grpc::GenericClientAsyncReaderWriter> stream_;
  std::optional<Upstream::InFlightCall> in_flight_;
  Up up_ = Up::kOpen;
  Down down_ = Down::kConnecting;
  Ended ended_ = Ended::kByRuntime;
  grpc::ByteBuffer request_;   // the message being sent up
  grpc::ByteBuffer response_;  // the message being sent down
  grpc::Status status_;
  grpc::Status abort_status_;
};

}  // namespace sidecar_shim

#endif  // SIDECAR_SHIM_SHIM_RELAY_STREAM_RELAY_H_
