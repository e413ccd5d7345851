#include "shim/relay/relay.h"

#include <chrono>
#include <utility>

namespace sidecar_shim {
namespace {

// How long the answers of calls that were ended at the end of the grace have to leave.
constexpr Duration kLastWords = std::chrono::milliseconds(100);

}  // namespace

Relay::Relay(Loop& loop, Upstream& runtime, Upstream& images)
    : loop_(loop),
      runtime_(loop, blocks_, runtime),
      images_(loop, blocks_, images),
      parts_{loop, blocks_, handlers_, runtime_, images_},
      sweep_(loop, [this] { Sweep(); }),
      grace_timer_(loop) {}

void Relay::Serve(int fd) {
  connections_.emplace_front(parts_, fd, [this] { sweep_.Schedule(); });
  if (parts_.shutting_down) connections_.front().Drain();
}

void Relay::Sweep() {
  connections_.remove_if([](const CallerConnection& connection) { return connection.closed(); });
  CheckDone();
}

void Relay::CheckDone() {
  if (parts_.shutting_down && connections_.empty() && done_) std::exchange(done_, nullptr)();
}

void Relay::Shutdown(Duration grace, std::function<void()> done) {
  parts_.shutting_down = true;
  done_ = std::move(done);
  for (CallerConnection& connection : connections_) connection.Drain();
  grace_timer_.Start(loop_.Now() + grace, [this] {
    const grpc::Status status(grpc::StatusCode::UNAVAILABLE, "sidecar-shim is shutting down");
    for (CallerConnection& connection : connections_) connection.AbortAll(status);
    grace_timer_.Start(loop_.Now() + kLastWords, [this] {
      for (CallerConnection& connection : connections_) connection.Close();
    });
  });
  sweep_.Schedule();
}

}  // namespace sidecar_shim
