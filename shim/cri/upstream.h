// The channel to the runtime (or another service on a unix socket), with the
// channel arguments that a transparent relay needs, and what is known of that
// server: which calls are in flight, and when it last sent something. Loop thread
// only.
#ifndef SIDECAR_SHIM_SHIM_CRI_UPSTREAM_H_
#define SIDECAR_SHIM_SHIM_CRI_UPSTREAM_H_

#include <grpcpp/generic/generic_stub.h>
#include <grpcpp/grpcpp.h>

#include <functional>
#include <list>
#include <memory>
#include <string>
#include <string_view>
#include <utility>

#include "shim/base/clock.h"

namespace sidecar_shim {

class Upstream {
 public:
  // endpoint: "unix:///path", or a gRPC target. Connects lazily and reconnects
  // within a second. `service` names the server in error messages.
  explicit Upstream(const std::string& endpoint, std::string service = "container runtime");

  const std::string& endpoint() const { return endpoint_; }
  grpc::GenericStub& stub() { return *stub_; }

  // A call is in flight while this lives: until the server has ended it. Not
  // for streams that are meant to stay silent.
  class InFlightCall {
   public:
    // `on_hung` only cancels the call; it destroys nothing.
    InFlightCall(Upstream& upstream, std::function<void()> on_hung);
    ~InFlightCall();
    InFlightCall(const InFlightCall&) = delete;
    InFlightCall& operator=(const InFlightCall&) = delete;

   private:
    friend class Upstream;
    Upstream& upstream_;
    const std::function<void()> on_hung_;
    const std::list<InFlightCall*>::iterator place_;
  };
  bool busy() const { return !in_flight_.empty(); }
  // `then` runs whenever a call starts while no other is in flight.
  void OnBusy(std::function<void()> then) { on_busy_ = std::move(then); }

  // The server accepts connections but hangs: the calls in flight are
  // reported as hung, and later calls get a new connection.
  void AbandonConnection();
  // `then` runs on each AbandonConnection(), before the calls in flight are reported: the relay's pool
  // retires its own connections.
  void OnAbandon(std::function<void()> then) { on_abandon_ = std::move(then); }
  // The status that a hung call ends with.
  grpc::Status HungStatus() const;

  // The server has sent something.
  void RecordActivity(Time now);
  // A call has ended. Its status may come from the server or from gRPC on this side.
  void OnCallEnd(const grpc::Status& status, Time now);
  Time last_activity() const { return last_activity_; }
  // Runs `then` once, with the next activity.
  void OnNextActivity(std::function<void()> then) { on_next_activity_ = std::move(then); }

  // UNAVAILABLE, with the socket and the reason.
  grpc::Status Unavailable(std::string_view reason) const;
  // UNAVAILABLE, where the server's answer cannot be passed on.
  grpc::Status TooLarge() const;
  // Adds the socket to an UNAVAILABLE that the transport (not the runtime)
  // produced. Every other status is returned unchanged.
  grpc::Status Explain(const grpc::Status& status);

 private:
  std::string endpoint_;
  std::string service_;
  std::shared_ptr<grpc::Channel> channel_;
  std::unique_ptr<grpc::GenericStub> stub_;
  std::list<InFlightCall*> in_flight_;
  std::function<void()> on_busy_;
  std::function<void()> on_abandon_;
  Time last_activity_{};
  std::function<void()> on_next_activity_;
};

}  // namespace sidecar_shim

#endif  // SIDECAR_SHIM_SHIM_CRI_UPSTREAM_H_
