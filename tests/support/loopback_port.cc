#include "tests/support/loopback_port.h"

#include <arpa/inet.h>
#include <netinet/in.h>
#include <sys/socket.h>
#include <unistd.h>

#include <cstdint>
#include <cstdlib>

namespace sidecar_shim::testing {
namespace {

// Lets sockets of one user share the port where all of them have this option.
int SharingSocket() {
  const int fd = socket(AF_INET, SOCK_STREAM | SOCK_CLOEXEC, 0);
  const int yes = 1;
  setsockopt(fd, SOL_SOCKET, SO_REUSEADDR, &yes, sizeof(yes));
  setsockopt(fd, SOL_SOCKET, SO_REUSEPORT, &yes, sizeof(yes));
  return fd;
}

// Returns the port; 0 binds to a free one.
int Bind(int fd, int port) {
  sockaddr_in address{};
  address.sin_family = AF_INET;
  address.sin_addr.s_addr = htonl(INADDR_LOOPBACK);
  address.sin_port = htons(static_cast<uint16_t>(port));
  socklen_t length = sizeof(address);
  if (bind(fd, reinterpret_cast<sockaddr*>(&address), length) != 0) std::abort();
  getsockname(fd, reinterpret_cast<sockaddr*>(&address), &length);
  return ntohs(address.sin_port);
}

}  // namespace

LoopbackPort::LoopbackPort() : fd_(SharingSocket()), number_(Bind(fd_, 0)) {}

LoopbackPort::~LoopbackPort() { close(fd_); }

int LoopbackPort::Listen() const {
  const int listener = SharingSocket();
  Bind(listener, number_);
  if (listen(listener, 16) != 0) std::abort();
  return listener;
}

}  // namespace sidecar_shim::testing
