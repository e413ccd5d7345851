#include "shim/cri/upstream.h"

#include "absl/strings/str_cat.h"
#include "shim/base/channel.h"

namespace sidecar_shim {

Upstream::Upstream(const std::string& endpoint, std::string service)
    : endpoint_(endpoint),
      service_(std::move(service)),
      channel_(OpenChannel(endpoint)),
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
  // they continue if the runtime recovers.
  channel_ = OpenChannel(endpoint_);
  stub_ = std::make_unique<grpc::GenericStub>(channel_);
  if (on_abandon_) on_abandon_();
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

grpc::Status Upstream::Explain(const grpc::Status& status) {
  // A runtime that returned UNAVAILABLE itself is still connected.
  if (status.error_code() != grpc::StatusCode::UNAVAILABLE ||
      channel_->GetState(/*try_to_connect=*/true) == GRPC_CHANNEL_READY) {
    return status;
  }
  return Unavailable(status.error_message());
}

grpc::Status Upstream::TooLarge() const {
  return grpc::Status(grpc::StatusCode::UNAVAILABLE,
                      absl::StrCat("sidecar-shim: the ", service_, " on ", endpoint_,
                                   " has ended the call with a text or a header of more than 64 KiB, which "
                                   "cannot be passed on; see the runtime's log"));
}

grpc::Status Upstream::Unavailable(std::string_view reason) const {
  return grpc::Status(
      grpc::StatusCode::UNAVAILABLE,
      absl::StrCat("sidecar-shim: no ", service_, " answers on ", endpoint_, ": ", std::string(reason)));
}

}  // namespace sidecar_shim
