#include "shim/relay/upstream.h"

#include "absl/strings/str_cat.h"
#include "absl/strings/strip.h"

namespace sidecar_shim {
namespace {

std::shared_ptr<grpc::Channel> Connect(const std::string& endpoint) {
  grpc::ChannelArguments arguments;
  arguments.SetMaxReceiveMessageSize(-1);
  arguments.SetMaxSendMessageSize(-1);
  arguments.SetInt(GRPC_ARG_MAX_METADATA_SIZE, kMaxMetadataBytes);
  // A runtime that accepts but does not speak counts as absent after this long.
  arguments.SetInt(GRPC_ARG_MIN_RECONNECT_BACKOFF_MS, 1000);
  arguments.SetInt(GRPC_ARG_INITIAL_RECONNECT_BACKOFF_MS, 100);
  // Trying a unix socket costs next to nothing.
  arguments.SetInt(GRPC_ARG_MAX_RECONNECT_BACKOFF_MS, 250);
  // Each Upstream keeps its own connection: a second one to the same socket
  // must not share its fate.
  arguments.SetInt(GRPC_ARG_USE_LOCAL_SUBCHANNEL_POOL, 1);
  arguments.SetInt(GRPC_ARG_ENABLE_RETRIES, 0);
  // A proxy in the environment has no business on a unix socket.
  arguments.SetInt(GRPC_ARG_ENABLE_HTTP_PROXY, 0);
  // What CRI clients send and every CRI server accepts.
  arguments.SetString(GRPC_ARG_DEFAULT_AUTHORITY, "localhost");
  absl::string_view path = endpoint;
  const std::string target =
      absl::ConsumePrefix(&path, "unix://") ? absl::StrCat("unix:", path) : std::string(endpoint);
  return grpc::CreateCustomChannel(target, grpc::InsecureChannelCredentials(), arguments);
}

}  // namespace

Upstream::Upstream(const std::string& endpoint)
    : endpoint_(endpoint), channel_(Connect(endpoint)), stub_(channel_) {}

grpc::Status Upstream::Explain(const grpc::Status& status, bool answered) {
  // A runtime that said UNAVAILABLE itself sent headers or is still connected.
  if (status.error_code() != grpc::StatusCode::UNAVAILABLE || answered ||
      channel_->GetState(/*try_to_connect=*/true) == GRPC_CHANNEL_READY) {
    return status;
  }
  return grpc::Status(grpc::StatusCode::UNAVAILABLE,
                      absl::StrCat("sidecar-shim: no container runtime answers on ", endpoint_, ": ",
                                   status.error_message()));
}

}  // namespace sidecar_shim
