#include "shim/base/channel.h"

#include "absl/strings/str_cat.h"
#include "absl/strings/strip.h"

namespace sidecar_shim {
namespace {

// The largest header block, in bytes. gRPC's default of 8 KiB cuts off the error texts of a runtime.
constexpr int kMaxMetadataBytes = 16 * 1024 * 1024;

}  // namespace

std::shared_ptr<grpc::Channel> OpenChannel(const std::string& endpoint) {
  grpc::ChannelArguments arguments;
  arguments.SetMaxReceiveMessageSize(-1);
  arguments.SetMaxSendMessageSize(-1);
  arguments.SetInt(GRPC_ARG_MAX_METADATA_SIZE, kMaxMetadataBytes);
  // A runtime that accepts connections but does not speak HTTP/2 counts as absent after this long.
  arguments.SetInt(GRPC_ARG_MIN_RECONNECT_BACKOFF_MS, 1000);
  arguments.SetInt(GRPC_ARG_INITIAL_RECONNECT_BACKOFF_MS, 100);
  // Connecting to a unix socket costs next to nothing.
  arguments.SetInt(GRPC_ARG_MAX_RECONNECT_BACKOFF_MS, 250);
  // A second channel to the same socket must not fail because the first one's connection did.
  arguments.SetInt(GRPC_ARG_USE_LOCAL_SUBCHANNEL_POOL, 1);
  arguments.SetInt(GRPC_ARG_ENABLE_RETRIES, 0);
  // Its pings measure the bandwidth of a long line; on a node's own sockets they only cost.
  arguments.SetInt(GRPC_ARG_HTTP2_BDP_PROBE, 0);
  // A proxy named in the environment is not meant for sockets of this node.
  arguments.SetInt(GRPC_ARG_ENABLE_HTTP_PROXY, 0);
  // What kubelet and crictl send, and every CRI server accepts.
  arguments.SetString(GRPC_ARG_DEFAULT_AUTHORITY, "localhost");
  absl::string_view path = endpoint;
  const std::string target =
      absl::ConsumePrefix(&path, "unix://") ? absl::StrCat("unix:", path) : std::string(endpoint);
  return grpc::CreateCustomChannel(target, grpc::InsecureChannelCredentials(), arguments);
}

}  // namespace sidecar_shim
