#include "tests/bench/raw_relay.h"

#include <errno.h>
#include <fcntl.h>
#include <signal.h>
#include <string.h>
#include <sys/epoll.h>
#include <sys/prctl.h>
#include <sys/socket.h>
#include <sys/un.h>
#include <unistd.h>

#include <algorithm>
#include <iterator>
#include <memory>
#include <string>
#include <vector>

#include "tests/bench/messages.h"

namespace sidecar_shim::bench {

namespace {

// As much as a unix socket holds by default.
constexpr size_t kReadBytes = 208 * 1024;

// One side of a relayed connection.
struct Side {
  int fd = -1;
  Side* other = nullptr;
  std::string unsent;  // read from the other side; while there is any, that side is not read
  bool closed = false;
};

class RawRelay {
 public:
  RawRelay(const std::string& listen, const std::string& runtime) : runtime_(runtime) {
    sockaddr_un address = Address(listen);
    if (bind(listener_, reinterpret_cast<sockaddr*>(&address), sizeof(address)) != 0 ||
        ::listen(listener_, 128) != 0)
      Die("cannot listen on " + listen);
    Watch(EPOLL_CTL_ADD, listener_, EPOLLIN, nullptr);
  }

  [[noreturn]] void Run() {
    for (epoll_event events[64];;) {
      const int count = epoll_wait(epoll_, events, std::size(events), -1);
      for (int i = 0; i < count; ++i) {
        auto* side = static_cast<Side*>(events[i].data.ptr);
        if (side == nullptr) {
          Accept();
        } else {
          if ((events[i].events & EPOLLOUT) != 0) Flush(*side);
          if ((events[i].events & ~EPOLLOUT) != 0) Copy(*side);
        }
      }
      // Not earlier: a later event may have been of the same connection.
      std::erase_if(sides_, [](const auto& side) { return side->closed; });
    }
  }

 private:
  static sockaddr_un Address(const std::string& endpoint) {
    sockaddr_un address = {};
    address.sun_family = AF_UNIX;
    strncpy(address.sun_path, SocketPath(endpoint).c_str(), sizeof(address.sun_path) - 1);
    return address;
  }

  void Watch(int operation, int fd, uint32_t events, Side* side) {
    epoll_event event = {};
    event.events = events;
    event.data.ptr = side;
    if (epoll_ctl(epoll_, operation, fd, &event) != 0) Die("epoll_ctl failed");
  }

  void WatchBoth(Side& side) {
    for (Side* each : {&side, side.other}) {
      uint32_t events = 0;
      if (!each->unsent.empty()) events |= EPOLLOUT;
      if (each->other->unsent.empty()) events |= EPOLLIN;
      Watch(EPOLL_CTL_MOD, each->fd, events, each);
    }
  }

  void Accept() {
    Side* caller = sides_.emplace_back(std::make_unique<Side>()).get();
    Side* runtime = sides_.emplace_back(std::make_unique<Side>()).get();
    caller->fd = accept4(listener_, nullptr, nullptr, SOCK_CLOEXEC | SOCK_NONBLOCK);
    runtime->fd = socket(AF_UNIX, SOCK_STREAM | SOCK_CLOEXEC, 0);
    sockaddr_un address = Address(runtime_);
    if (connect(runtime->fd, reinterpret_cast<sockaddr*>(&address), sizeof(address)) != 0)
      Die("cannot connect to " + runtime_);
    fcntl(runtime->fd, F_SETFL, O_NONBLOCK);
    caller->other = runtime;
    runtime->other = caller;
    for (Side* side : {caller, runtime}) Watch(EPOLL_CTL_ADD, side->fd, EPOLLIN, side);
  }

  void Copy(Side& from) {
    if (from.closed || !from.other->unsent.empty()) return;
    const ssize_t got = read(from.fd, buffer_.data(), buffer_.size());
    if (got < 0 && errno == EAGAIN) return;
    if (got <= 0) return Close(from);
    Side& to = *from.other;
    const ssize_t sent = std::max<ssize_t>(0, send(to.fd, buffer_.data(), got, MSG_NOSIGNAL));
    if (sent == got) return;
    to.unsent.assign(buffer_.data() + sent, got - sent);
    WatchBoth(to);
  }

  void Flush(Side& to) {
    if (to.closed || to.unsent.empty()) return;
    const ssize_t sent = send(to.fd, to.unsent.data(), to.unsent.size(), MSG_NOSIGNAL);
    if (sent < 0 && errno != EAGAIN) return Close(to);
    to.unsent.erase(0, std::max<ssize_t>(0, sent));
    if (!to.unsent.empty()) return;
    WatchBoth(to);
  }

  // gRPC does not close half of a connection, so that the end of one side is the end of both.
  void Close(Side& side) {
    for (Side* each : {&side, side.other}) {
      close(each->fd);
      each->closed = true;
    }
  }

  const std::string runtime_;
  const int epoll_ = epoll_create1(EPOLL_CLOEXEC);
  const int listener_ = socket(AF_UNIX, SOCK_STREAM | SOCK_CLOEXEC, 0);
  std::vector<std::unique_ptr<Side>> sides_;
  std::vector<char> buffer_ = std::vector<char>(kReadBytes);
};

}  // namespace

int ServeRawRelay(const std::string& listen, const std::string& runtime) {
  prctl(PR_SET_PDEATHSIG, SIGKILL);
  RawRelay(listen, runtime).Run();
}

}  // namespace sidecar_shim::bench
