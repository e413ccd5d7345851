#include "shim/cri/upstream.h"

#include "absl/strings/str_cat.h"
#include "absl/strings/strip.h"

namespace sidecar_shim {
namespace {

std::shared_ptr<grpc::Channel> Connect(const std::string& endpoint) {
  grpc::ChannelArguments arguments;
  arguments.SetMaxReceiveMessageSize(-1);
  arguments.SetMaxSendMessageSize(-1);
  arguments.SetInt(GRPC_ARG_MAX_METADATA_SIZE, kMaxMetadataBytes);
  // A runtime that accepts a connection but does not complete the handshake
  // counts as absent after this long.
  arguments.SetInt(GRPC_ARG_MIN_RECONNECT_BACKOFF_MS, 1000);
  arguments.SetInt(GRPC_ARG_INITIAL_RECONNECT_BACKOFF_MS, 100);
  // Trying a unix socket costs next to nothing.
  arguments.SetInt(GRPC_ARG_MAX_RECONNECT_BACKOFF_MS, 250);
  // Each Upstream has its own connection: when one to the same socket is
  // abandoned, another is not affected.
  arguments.SetInt(GRPC_ARG_USE_LOCAL_SUBCHANNEL_POOL, 1);
  arguments.SetInt(GRPC_ARG_ENABLE_RETRIES, 0);
  // A proxy in the environment does not apply to a unix socket.
  arguments.SetInt(GRPC_ARG_ENABLE_HTTP_PROXY, 0);
  // What CRI clients send and every CRI server accepts.
  arguments.SetString(GRPC_ARG_DEFAULT_AUTHORITY, "localhost");
  absl::string_view path = endpoint;
  const std::string target =
      absl::ConsumePrefix(&path, "unix://") ? absl::StrCat("unix:", path) : std::string(endpoint);
  return grpc::CreateCustomChannel(target, grpc::InsecureChannelCredentials(), arguments);
}

}  // namespace

Upstream::Upstream(const std::string& endpoint, std::string who)
    : endpoint_(endpoint),
      who_(std::move(who)),
      channel_(Connect(endpoint)),
      stub_(std::make_unique<grpc::GenericStub>(channel_)) {}

Upstream::InFlightCall::InFlightCall(Upstream& upstream, std::function<void()> on_hung)
    : upstream_(upstream),
      on_hung_(std::move(on_hung)),
      place_(upstream.in_flight_.insert(upstream.in_flight_.end(), this)) {
  if (upstream_.in_flight_.size() == 1 && upstream_.on_busy_) upstream_.on_busy_();
}

Upstream::InFlightCall::~InFlightCall() { upstream_.in_flight_.erase(place_); }

void Upstream::AbandonConnection() {
  // Calls keep the channel that they were made on, and so do silent streams:
  // they continue if the other side recovers.
  channel_ = Connect(endpoint_);
  stub_ = std::make_unique<grpc::GenericStub>(channel_);
  for (InFlightCall* call : in_flight_) call->on_hung_();
}

grpc::Status Upstream::HungStatus() const {
  return grpc::Status(grpc::StatusCode::UNAVAILABLE, absl::StrCat("sidecar-shim: the container runtime on ",
                                                                  endpoint_, " hangs: it answers no call"));
}

void Upstream::RecordActivity(Time now) {
  last_activity_ = now;
  if (on_next_activity_) std::exchange(on_next_activity_, nullptr)();
}

void Upstream::OnCallEnd(const grpc::Status& status, Time now) {
  const grpc::StatusCode code = status.error_code();
  if (code == grpc::StatusCode::CANCELLED || code == grpc::StatusCode::DEADLINE_EXCEEDED ||
      code == grpc::StatusCode::UNAVAILABLE) {
    return;
  }
  RecordActivity(now);
}

grpc::Status Upstream::Explain(const grpc::Status& status, bool answered) {
  // A runtime that returned UNAVAILABLE itself sent headers or is still connected.
  if (status.error_code() != grpc::StatusCode::UNAVAILABLE || answered ||
      channel_->GetState(/*try_to_connect=*/true) == GRPC_CHANNEL_READY) {
    return status;
  }
  return grpc::Status(grpc::StatusCode::UNAVAILABLE, absl::StrCat("sidecar-shim: no ", who_, " answers on ",
                                                                  endpoint_, ": ", status.error_message()));
}

}  // namespace sidecar_shim
