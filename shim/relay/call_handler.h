// How the shim takes part in a call that passes by.
//
// The relay makes one CallHandler per intercepted call and, on the loop
// thread, calls:
//
//   OnRequest   once, with the first request message. Exactly one of the
//               call's Forward, Reply, Fail must follow, now or later.
//   HoldResponse  before each OnResponse. True: this response, and what follows
//               it, waits until `release` runs, once and later. Bounded by the
//               handler; does not wait where the caller goes away.
//   OnResponse  for every response message of a forwarded call; may replace it.
//   OnEnd       once, when a forwarded call has its final status.
//   OnCancelled instead of the above, if the caller goes away while the
//               handler still owes an answer. Nothing is owed after it.
#ifndef SIDECAR_SHIM_SHIM_RELAY_CALL_HANDLER_H_
#define SIDECAR_SHIM_SHIM_RELAY_CALL_HANDLER_H_

#include <grpcpp/grpcpp.h>
#include <grpcpp/support/byte_buffer.h>

#include <functional>
#include <map>
#include <memory>
#include <string>

#include "shim/base/clock.h"

namespace sidecar_shim {

// The handler's grip on its call. Lives at least as long as the handler.
class RelayedCall {
 public:
  virtual ~RelayedCall() = default;
  // Monotonic; Time::max() where the caller set none.
  virtual Time deadline() const = 0;
  virtual void Forward(const grpc::ByteBuffer& request) = 0;
  virtual void Reply(const grpc::ByteBuffer& response) = 0;
  virtual void Fail(const grpc::Status& status) = 0;
};

class CallHandler {
 public:
  virtual ~CallHandler() = default;
  virtual void OnRequest(RelayedCall& call, const grpc::ByteBuffer& request) { call.Forward(request); }
  // NOLINTNEXTLINE(performance-unnecessary-value-param): those that hold keep it
  virtual bool HoldResponse(const grpc::ByteBuffer& /*response*/, std::function<void()> /*release*/) {
    return false;
  }
  virtual void OnResponse(grpc::ByteBuffer& /*response*/) {}
  virtual void OnEnd(const grpc::Status& /*status*/) {}
  virtual void OnCancelled() {}
};

// Full method path ("/runtime.v1.RuntimeService/CreateContainer") -> maker,
// which may give null: then the call is relayed as it is.
using HandlerTable = std::map<std::string, std::function<std::unique_ptr<CallHandler>()>>;

}  // namespace sidecar_shim

#endif  // SIDECAR_SHIM_SHIM_RELAY_CALL_HANDLER_H_
