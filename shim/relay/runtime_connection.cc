#include "shim/relay/runtime_connection.h"

#include <spdlog/spdlog.h>

#include <cerrno>
#include <chrono>
#include <cstring>

#include "absl/strings/str_cat.h"
#include "shim/base/unix_socket.h"

namespace sidecar_shim {
namespace {

// While the runtime's backlog is full.
constexpr Duration kDialAgain = std::chrono::milliseconds(10);
constexpr Duration kDialTimeout = std::chrono::seconds(1);

}  // namespace

RuntimeConnection::RuntimeConnection(Loop& loop, BlockPool& pool, Upstream& upstream, bool alone,
                                     std::function<void()> on_change)
    : loop_(loop),
      upstream_(upstream),
      alone_(alone),
      on_change_(std::move(on_change)),
      dial_timer_(loop),
      connection_(loop, pool, http2::Role::kClient, -1, *this) {
  Dial(loop.Now() + kDialTimeout);
}

void RuntimeConnection::Dial(Time deadline) {
  int error = 0;
  const int fd = ConnectUnix(upstream_.endpoint(), error);
  if (fd >= 0) {
    connection_.Attach(fd);
  } else if (error == EAGAIN && loop_.Now() < deadline) {
    dial_timer_.Start(loop_.Now() + kDialAgain, [this, deadline] { Dial(deadline); });
  } else {
    // Not at once: the call that wants the connection has not got it yet.
    dial_timer_.Start(loop_.Now(), [this, error] {
      connection_.Close(error == EAGAIN ? "it accepts no connections"
                                        : absl::StrCat("connect: ", std::strerror(error)));
    });
  }
}

void RuntimeConnection::SetPaused(bool paused) {
  paused_ = paused;
  connection_.SetReading(!paused);
}

void RuntimeConnection::Retire() {
  retired_ = true;
  if (uses_ == 0 && connection_.open_streams() == 0) connection_.Close("");
}

void RuntimeConnection::OnConnectionClosed(const std::string& error) {
  if (connection_.gave_up()) {
    spdlog::warn("closed a connection to {}: {}", upstream_.endpoint(), error);
  }
  closed_ = true;
  on_change_();
}

grpc::Status RuntimeConnection::Use::Lost() const {
  const std::string& error = connection_.connection_.error();
  return connection_.upstream_.Unavailable(error.empty() ? "the connection was closed" : error);
}

}  // namespace sidecar_shim
