#include "shim/relay/caller_connection.h"

#include <spdlog/spdlog.h>

#include <utility>

namespace sidecar_shim {
namespace {

grpc::Status EndOfStream() {
  return grpc::Status(grpc::StatusCode::UNAVAILABLE, "sidecar-shim is shutting down; subscribe again");
}

}  // namespace

CallerConnection::CallerConnection(RelayParts& parts, int fd, std::function<void()> on_closed)
    : parts_(parts),
      on_closed_(std::move(on_closed)),
      sweep_(parts.loop, [this] { over_.clear(); }),
      connection_(parts.loop, parts.blocks, http2::Role::kServer, fd, *this) {}

CallerConnection::~CallerConnection() { parts_.live_calls -= calls_.size(); }

RuntimeConnection& CallerConnection::Connect(const Method& method, bool alone) {
  return alone ? PoolFor(method).Alone(this) : PoolFor(method).Shared(this);
}

http2::StreamObserver* CallerConnection::OnStream(http2::Stream& stream) {
  Call& call = calls_.emplace_front(static_cast<CallHost&>(*this), stream);
  call.place = calls_.begin();
  ++parts_.live_calls;
  ++parts_.accepted_calls;
  return &call.caller_side();
}

void CallerConnection::Pause(RuntimeConnection& connection) {
  if (connection.paused()) return;
  connection.SetPaused(true);
  paused_.push_back(connection.shared_from_this());
}

void CallerConnection::OnRelieved() {
  for (const auto& connection : std::exchange(paused_, {})) connection->SetPaused(false);
}

void CallerConnection::OnEndless(Call& call) {
  endless_.push_back(&call);
  if (parts_.shutting_down) call.Abort(EndOfStream());
}

void CallerConnection::OnCallOver(Call& call) {
  std::erase(endless_, &call);
  over_.splice(over_.begin(), calls_, call.place);
  --parts_.live_calls;
  sweep_.Schedule();
}

void CallerConnection::Drain() {
  const std::vector<Call*> endless = endless_;
  for (Call* call : endless) call->Abort(EndOfStream());
  connection_.Drain();
}

void CallerConnection::AbortAll(const grpc::Status& status) {
  for (Call& call : calls_) call.Abort(status);
}

void CallerConnection::OnConnectionClosed(const std::string& error) {
  if (connection_.gave_up()) spdlog::warn("closed a caller's connection: {}", error);
  closed_ = true;
  OnRelieved();
  parts_.runtime.Forget(this);
  parts_.images.Forget(this);
  on_closed_();
}

}  // namespace sidecar_shim
