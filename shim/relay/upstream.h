// The channel to the runtime (or another service on a unix socket), with the
// arguments that a transparent relay needs (facts/cpp.md §1.3).
#ifndef SIDECAR_SHIM_SHIM_RELAY_UPSTREAM_H_
#define SIDECAR_SHIM_SHIM_RELAY_UPSTREAM_H_

#include <grpcpp/generic/generic_stub.h>
#include <grpcpp/grpcpp.h>

#include <memory>
#include <string>

namespace sidecar_shim {

// gRPC's name for the largest header block; Debian's header lacks none of it,
// but a text of 64 KiB needs more than the default 8 KiB on both sides.
inline constexpr int kMaxMetadataBytes = 16 * 1024 * 1024;

class Upstream {
 public:
  // endpoint: "unix:///path", or a gRPC target. Connects lazily and reconnects
  // within a second.
  explicit Upstream(const std::string& endpoint);

  const std::string& endpoint() const { return endpoint_; }
  grpc::GenericStub& stub() { return stub_; }

  // Adds to an UNAVAILABLE that the transport (not the runtime) produced which
  // socket it is about. Everything else comes back unchanged.
  grpc::Status Explain(const grpc::Status& status, bool answered);

 private:
  std::string endpoint_;
  std::shared_ptr<grpc::Channel> channel_;
  grpc::GenericStub stub_;
};

}  // namespace sidecar_shim

#endif  // SIDECAR_SHIM_SHIM_RELAY_UPSTREAM_H_
