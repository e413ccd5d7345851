// The channel to the runtime (or another service on a unix socket), with the
// arguments that a transparent relay needs (facts/cpp.md §1.3).
#ifndef SIDECAR_SHIM_SHIM_CRI_UPSTREAM_H_
#define SIDECAR_SHIM_SHIM_CRI_UPSTREAM_H_

#include <grpcpp/generic/generic_stub.h>
#include <grpcpp/grpcpp.h>

#include <functional>
#include <list>
#include <memory>
#include <string>
#include <utility>

#include "shim/base/loop.h"

namespace sidecar_shim {

class Upstream {
 public:
  // endpoint: "unix:///path", or a gRPC target. Connects lazily and reconnects
  // within a second. `who` is missing where nobody answers, in the message.
  explicit Upstream(const std::string& endpoint, std::string who = "container runtime");

  const std::string& endpoint() const { return endpoint_; }
  grpc::GenericStub& stub() { return *stub_; }

  // A call that is under way, for as long as this lives: until the other side
  // has ended it. Streams that are meant to stay silent are none.
  class InFlightCall {
   public:
    // `on_hung` only ends the call; it destroys nothing.
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
  // `then` runs whenever a first call gets under way.
  void OnBusy(std::function<void()> then) { on_busy_ = std::move(then); }

  // The other side is there but hangs: the calls under way are hung, and those
  // that follow get a connection of their own.
  void AbandonConnection();
  // What a hung call ends with.
  grpc::Status HungStatus() const;

  // Something has come from the other side.
  void RecordActivity();
  // A call has ended. Its status may be the other side's word or this side's.
  void OnCallEnd(const grpc::Status& status);
  Time last_activity() const { return last_activity_; }
  // Runs `then` when something is heard for the first time from now on.
  void OnNextActivity(std::function<void()> then) { on_next_activity_ = std::move(then); }

  // Adds to an UNAVAILABLE that the transport (not the runtime) produced which
  // socket it is about. Everything else comes back unchanged.
  grpc::Status Explain(const grpc::Status& status, bool answered);

 private:
  std::string endpoint_;
  std::string who_;
  std::shared_ptr<grpc::Channel> channel_;
  std::unique_ptr<grpc::GenericStub> stub_;
  std::list<InFlightCall*> in_flight_;
  std::function<void()> on_busy_;
  Time last_activity_{};
  std::function<void()> on_next_activity_;
};

}  // namespace sidecar_shim

#endif  // SIDECAR_SHIM_SHIM_CRI_UPSTREAM_H_
