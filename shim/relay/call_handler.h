// The interface between the relay and what the shim does in an intercepted call.
//
// The relay makes one CallHandler per intercepted call and, on the loop thread,
// calls:
//
//   OnRequest    once, with the request message, where WantsRequest(). Exactly
//                one of the call's Forward, Reply, Fail must follow, now or later.
//                A request that is no single message goes to the runtime without
//                a handler.
//   Response     once, when the runtime's answer begins: what the handler wants of
//                it.
//   HoldResponse  (kWhole) before each OnResponse. True: this response, and what
//                follows it, is held until the handler calls `release`, once, after
//                HoldResponse has returned and within a time that the handler
//                bounds; or until the caller cancels.
//   OnResponse   (kWhole) for every response message, of a unary call only where
//                its status is OK; may replace it. (kObserve) for every message as
//                it passes; a replacement is ignored.
//   OnEnd        once, when a forwarded call has its final status.
//   OnCancelled  if the caller cancels before the handler has called Forward,
//                Reply or Fail; then none of these, and no other function, follows.
//
// Messages are plain: where the peer has compressed one the relay inflates it.
#ifndef SIDECAR_SHIM_SHIM_RELAY_CALL_HANDLER_H_
#define SIDECAR_SHIM_SHIM_RELAY_CALL_HANDLER_H_

#include <grpcpp/support/status.h>

#include <functional>
#include <map>
#include <memory>
#include <optional>
#include <string>
#include <string_view>

#include "shim/base/clock.h"

namespace sidecar_shim {

// The call as its handler sees it; outlives the handler.
class RelayedCall {
 public:
  virtual ~RelayedCall() = default;
  // Time::max() where the caller set none.
  virtual Time deadline() const = 0;
  // The request message. Ends with Forward, Reply and Fail.
  virtual std::string_view request() = 0;
  // To the runtime, byte for byte.
  virtual void Forward() = 0;
  // Another message instead.
  virtual void ForwardChanged(const std::string& request) = 0;
  virtual void Reply(const std::string& response) = 0;
  virtual void Fail(const grpc::Status& status) = 0;
};

// What a handler wants of the response.
enum class ResponseWanted {
  kNothing,  // it passes as it arrives
  kObserve,  // it passes as it arrives, and the handler sees a copy of each message
  kWhole,    // each message is kept until it is complete, since it may be held or replaced
};

class CallHandler {
 public:
  virtual ~CallHandler() = default;
  virtual bool WantsRequest() const { return true; }
  virtual void OnRequest(RelayedCall& call) { call.Forward(); }
  virtual ResponseWanted Response() { return ResponseWanted::kNothing; }
  // NOLINTNEXTLINE(performance-unnecessary-value-param): overrides store it
  virtual bool HoldResponse(std::string_view /*response*/, std::function<void()> /*release*/) {
    return false;
  }
  virtual std::optional<std::string> OnResponse(std::string_view /*response*/) { return std::nullopt; }
  virtual void OnEnd(const grpc::Status& /*status*/) {}
  virtual void OnCancelled() {}
};

// Full method path ("/runtime.v1.RuntimeService/CreateContainer") -> maker,
// which may give null: then the call is relayed unchanged.
using HandlerTable = std::map<std::string, std::function<std::unique_ptr<CallHandler>()>, std::less<>>;

}  // namespace sidecar_shim

#endif  // SIDECAR_SHIM_SHIM_RELAY_CALL_HANDLER_H_
