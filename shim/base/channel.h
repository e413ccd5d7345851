// gRPC client channels, with the arguments that a CRI client needs.
#ifndef SIDECAR_SHIM_SHIM_BASE_CHANNEL_H_
#define SIDECAR_SHIM_SHIM_BASE_CHANNEL_H_

#include <grpcpp/grpcpp.h>

#include <memory>
#include <string>

namespace sidecar_shim {

// A channel to "unix:///path", or to any other gRPC target. Connects with the first call, and reconnects
// within a second. Every channel has a connection of its own. Messages have no size limit; calls are not
// retried. Thread-safe.
std::shared_ptr<grpc::Channel> OpenChannel(const std::string& endpoint);

}  // namespace sidecar_shim

#endif  // SIDECAR_SHIM_SHIM_BASE_CHANNEL_H_
