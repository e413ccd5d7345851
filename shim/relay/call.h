// One relayed call: the caller's stream, the runtime's, and what happens between
// them.
//
//   kNew --headers, no handler that wants the request--> kForwarded
//     |headers                                              ^
//     v                                                     |Forward
//   kGathering --the whole message--> kWithHandler ---------+
//     |no single message: kForwarded without handler        |Reply, Fail
//     v                                                     v
//   kForwarded --the runtime's end has been passed on--> kEnded
//
// In kForwarded frames pass in both directions as they come; the response goes
// through ResponsePath. A stream that is reset resets the other with the same
// code. The caller's cancellation ends every state: kWithHandler calls the
// handler's OnCancelled, kForwarded cancels the runtime's call.
//
// A query (MethodTraits::only_asks) that another call's answer has cut off, or that
// the runtime has refused to begin, is sent once more, on a connection of its own.
//
// Loop thread only.
#ifndef SIDECAR_SHIM_SHIM_RELAY_CALL_H_
#define SIDECAR_SHIM_SHIM_RELAY_CALL_H_

#include <list>
#include <memory>
#include <optional>
#include <string>

#include "shim/base/loop.h"
#include "shim/cri/upstream.h"
#include "shim/http2/stream.h"
#include "shim/relay/call_handler.h"
#include "shim/relay/early_response.h"
#include "shim/relay/kept_request.h"
#include "shim/relay/method_table.h"
#include "shim/relay/response_path.h"
#include "shim/relay/runtime_connection.h"

namespace sidecar_shim {

class Call;

// What a call needs of the relay, by the connection that it came on.
class CallHost {
 public:
  virtual ~CallHost() = default;
  virtual Loop& loop() = 0;
  virtual Method LookUp(std::string_view path) = 0;
  virtual Upstream& UpstreamFor(const Method& method) = 0;
  // The connection to the runtime for a call of this method: one that no other call is on, or that of this
  // caller's queries.
  virtual RuntimeConnection& Connect(const Method& method, bool alone) = 0;
  // The caller's connection is congested: `connection` is not to be read until that is over.
  virtual void Pause(RuntimeConnection& connection) = 0;
  // An endless call has begun.
  virtual void OnEndless(Call& call) = 0;
  // Nothing is left to do; the call may be destroyed at the end of the turn.
  virtual void OnCallOver(Call& call) = 0;
};

class Call final : public RelayedCall, private ResponseSink {
 public:
  // Observes `caller`'s stream from now on.
  Call(CallHost& host, http2::Stream& caller);
  ~Call() override;

  http2::StreamObserver& caller_side() { return caller_side_; }

  // Ends it with `status`, and cancels what the runtime does for it.
  void Abort(const grpc::Status& status);

  Time deadline() const override { return deadline_; }
  std::string_view request() override { return request_.Message(); }
  void Forward() override;
  void ForwardChanged(const std::string& request) override;
  void Reply(const std::string& response) override;
  void Fail(const grpc::Status& status) override;

  std::list<Call>::iterator place;  // the host's

 private:
  enum class State { kNew, kGathering, kWithHandler, kForwarded, kEnded };

  // The two streams' events.
  class CallerSide : public http2::StreamObserver {
   public:
    explicit CallerSide(Call& call) : call_(call) {}
    void OnHeaders(const http2::HeaderBlock& block, bool end) override;
    void OnData(Slice data) override;
    void OnEnd() override;
    void OnSent(size_t bytes) override { call_.response_.OnSent(bytes); }
    void OnClosed(http2::Closed why, uint32_t code) override { call_.OnCallerClosed(why, code); }

   private:
    Call& call_;
  };
  class RuntimeSide : public http2::StreamObserver {
   public:
    explicit RuntimeSide(Call& call) : call_(call) {}
    void OnHeaders(const http2::HeaderBlock& block, bool end) override {
      call_.OnResponseHeaders(block, end);
    }
    void OnData(Slice data) override;
    void OnEnd() override { call_.OnResponseTrailers(nullptr); }
    void OnSent(size_t bytes) override { call_.OnRequestSent(bytes); }
    void OnClosed(http2::Closed why, uint32_t code) override { call_.OnRuntimeClosed(why, code); }

   private:
    Call& call_;
  };

  // ResponseSink
  http2::Stream* caller() override { return caller_; }
  void ConsumeResponse(size_t bytes) override;
  void OnCallerCongested() override;
  void OnResponseEnd(const grpc::Status& status) override;

  void Begin(const http2::HeaderBlock& block, bool end);
  void GiveToHandler();
  // Opens the runtime's stream.
  void Open(const http2::HeaderBlock& headers, bool end);
  void SendKept(const std::string& framed);
  void RememberRequest(std::string_view data);
  // Sends a query again, alone. False where that cannot be.
  bool Repeat();
  // Whether the runtime, or its answer to another call, has ended the call before it was answered.
  bool MayRepeat(http2::Closed why, uint32_t code) const;
  void OnRequestSent(size_t bytes);
  void OnResponseHeaders(const http2::HeaderBlock& block, bool end);
  // The runtime's end; null where it sent no trailers.
  void OnResponseTrailers(const http2::HeaderBlock* trailers);
  // Passes on what has been kept back of the answer.
  void PassEarly();
  void OnCallerClosed(http2::Closed why, uint32_t code);
  void OnRuntimeClosed(http2::Closed why, uint32_t code);
  void OnHung();
  // Calls the handler's OnEnd, once, where there is a handler.
  void ReportEnd(const grpc::Status& status);
  // Ends the caller's stream with a status of this side's.
  void EndCaller(const grpc::Status& status);
  void DropRuntime(uint32_t code);
  void EndIfOver();

  CallHost& host_;
  CallerSide caller_side_{*this};
  RuntimeSide runtime_side_{*this};
  http2::Stream* caller_;             // null once it is gone
  http2::Stream* runtime_ = nullptr;  // null before it is opened, and once it has been dropped
  std::optional<RuntimeConnection::Use> connection_;
  State state_ = State::kNew;
  Method method_;
  Time began_{};
  Time deadline_ = Time::max();
  KeptRequest request_;
  bool repeatable_ = false;
  bool repeated_ = false;
  size_t uncredited_ = 0;  // request bytes passed on that have not left yet
  std::optional<EarlyResponse> early_;
  ResponsePath response_{*this};
  bool reported_ = false;  // the handler has had its OnEnd
  bool over_ = false;
  std::optional<Upstream::InFlightCall> in_flight_;
};

}  // namespace sidecar_shim

#endif  // SIDECAR_SHIM_SHIM_RELAY_CALL_H_
