// The channel to the runtime (or another service on a unix socket), with the
// arguments that a transparent relay needs (facts/cpp.md §1.3).
#ifndef SIDECAR_SHIM_SHIM_RELAY_UPSTREAM_H_
#define SIDECAR_SHIM_SHIM_RELAY_UPSTREAM_H_

#include <grpcpp/generic/generic_stub.h>
#include <grpcpp/grpcpp.h>

#include <functional>
#include <list>
#include <memory>
#include <string>
#include <utility>

#include "shim/loop.h"

namespace sidecar_shim {

// gRPC's name for the largest header block; Debian's header lacks none of it,
// but a text of 64 KiB needs more than the default 8 KiB on both sides.
inline constexpr int kMaxMetadataBytes = 16 * 1024 * 1024;

class Upstream {
 public:
  // endpoint: "unix:///path", or a gRPC target. Connects lazily and reconnects
  // within a second. `who` is missing where nobody answers, in the message.
  explicit Upstream(const std::string& endpoint, std::string who = "container runtime");

  const std::string& endpoint() const { return endpoint_; }
  grpc::GenericStub& stub() { return *stub_; }

  // A call that is under way, for as long as this lives: until the other side
  // has ended it. Streams that are meant to stay silent are none.
  class UnderWay {
   public:
    // `on_lost` only ends the call; it destroys nothing.
    UnderWay(Upstream& upstream, std::function<void()> on_lost);
    ~UnderWay();
    UnderWay(const UnderWay&) = delete;
    UnderWay& operator=(const UnderWay&) = delete;

   private:
    friend class Upstream;
    Upstream& upstream_;
    const std::function<void()> on_lost_;
    const std::list<UnderWay*>::iterator place_;
  };
  bool busy() const { return !under_way_.empty(); }
  // `then` runs whenever a first call gets under way.
  void OnBusy(std::function<void()> then) { on_busy_ = std::move(then); }

  // The other side is there but hangs: the calls under way are lost, and those
  // that follow get a connection of their own.
  void GiveUp();
  // What a lost call ends with.
  grpc::Status Lost() const;

  // Something has come from the other side.
  void Heard();
  // A call has ended. Its status may be the other side's word or this side's.
  void HeardEnd(const grpc::Status& status);
  Time last_heard() const { return last_heard_; }
  // Runs `then` when something is heard for the first time from now on.
  void OnceHeard(std::function<void()> then) { on_heard_ = std::move(then); }

  // Adds to an UNAVAILABLE that the transport (not the runtime) produced which
  // socket it is about. Everything else comes back unchanged.
  grpc::Status Explain(const grpc::Status& status, bool answered);

 private:
  std::string endpoint_;
  std::string who_;
  std::shared_ptr<grpc::Channel> channel_;
  std::unique_ptr<grpc::GenericStub> stub_;
  std::list<UnderWay*> under_way_;
  std::function<void()> on_busy_;
  Time last_heard_{0};
  std::function<void()> on_heard_;
};

}  // namespace sidecar_shim

#endif  // SIDECAR_SHIM_SHIM_RELAY_UPSTREAM_H_
