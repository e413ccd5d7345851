// The interface between the relay and what the shim does in an intercepted call.
//
// The relay makes one CallHandler per intercepted call and, on the loop
// thread, calls:
//
//   OnRequest   once, with the first request message. Exactly one of the
//               call's Forward, Reply, Fail must follow, now or later.
//   HoldResponse  before each OnResponse. True: this response, and those that
//               follow it, are held until the handler calls `release`, once,
//               after HoldResponse has returned and within a time that the
//               handler bounds; or until the caller cancels.
//   OnResponse  for every response message of a forwarded call; may replace it.
//   OnEnd       once, when a forwarded call has its final status.
//   OnCancelled if the caller cancels before the handler has called Forward,
//               Reply or Fail; then none of these, and no other function, follows.
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

// The call as its handler sees it; outlives the handler.
class RelayedCall {
 public:
  virtual ~RelayedCall() = default;
  // Time::max() where the caller set none.
  virtual Time deadline() const = 0;
  virtual void Forward(const grpc::ByteBuffer& request) = 0;
  virtual void Reply(const grpc::ByteBuffer& response) = 0;
  virtual void Fail(const grpc::Status& status) = 0;
};

class CallHandler {
 public:
  virtual ~CallHandler() = default;
  virtual void OnRequest(RelayedCall& call, const grpc::ByteBuffer& request) { call.Forward(request); }
  // NOLINTNEXTLINE(performance-unnecessary-value-param): overrides store it
  virtual bool HoldResponse(const grpc::ByteBuffer& /*response*/, std::function<void()> /*release*/) {
    return false;
  }
  virtual void OnResponse(grpc::ByteBuffer& /*response*/) {}
  virtual void OnEnd(const grpc::Status& /*status*/) {}
  virtual void OnCancelled() {}
};

// Full method path ("/runtime.v1.RuntimeService/CreateContainer") -> maker,
// which may give null: then the call is relayed unchanged.
using HandlerTable = std::map<std::string, std::function<std::unique_ptr<CallHandler>()>>;

}  // namespace sidecar_shim

#endif  // SIDECAR_SHIM_SHIM_RELAY_CALL_HANDLER_H_
