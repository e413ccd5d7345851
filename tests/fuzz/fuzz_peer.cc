#include "tests/fuzz/fuzz_peer.h"

#include <sys/socket.h>
#include <unistd.h>

#include <array>
#include <utility>

#include "shim/base/unix_socket.h"
#include "tests/fuzz/fuzz_input.h"

namespace sidecar_shim::testing {
namespace {

constexpr size_t kMostUnsent = 4 * 1024 * 1024;
constexpr int kBacklog = 64;

}  // namespace

void FuzzPeer::Send(std::string_view bytes) {
  if (fd_ < 0 || unsent_.size() + bytes.size() > kMostUnsent) return;
  unsent_.append(bytes);
  Move();
}

bool FuzzPeer::Move() {
  if (fd_ < 0) return false;
  bool moved = false;
  while (!unsent_.empty()) {
    const ssize_t sent = send(fd_, unsent_.data(), unsent_.size(), MSG_DONTWAIT | MSG_NOSIGNAL);
    if (sent <= 0) break;
    unsent_.erase(0, static_cast<size_t>(sent));
    moved = true;
  }
  static std::array<char, 256 * 1024> buffer;
  ssize_t got = 1;
  while (reading_ && got > 0) {
    got = recv(fd_, buffer.data(), buffer.size(), MSG_DONTWAIT);
    moved = moved || got > 0;
  }
  // The relay closes both directions at once.
  if (got == 0) Close();
  return moved;
}

void FuzzPeer::EndWriting() {
  if (fd_ >= 0) shutdown(fd_, SHUT_WR);
}

void FuzzPeer::Close() {
  if (fd_ >= 0) close(std::exchange(fd_, -1));
}

FuzzListener::FuzzListener(const std::string& path)
    : path_(path), fd_(socket(AF_UNIX, SOCK_STREAM | SOCK_NONBLOCK | SOCK_CLOEXEC, 0)) {
  const absl::StatusOr<sockaddr_un> address = UnixAddress(path);
  Check(address.ok() && bind(fd_, reinterpret_cast<const sockaddr*>(&*address), sizeof *address) == 0 &&
            listen(fd_, kBacklog) == 0,
        "the runtime's socket can be made");
}

FuzzListener::~FuzzListener() {
  close(fd_);
  unlink(path_.c_str());
}

int FuzzListener::Accept() const { return accept4(fd_, nullptr, nullptr, SOCK_NONBLOCK | SOCK_CLOEXEC); }

}  // namespace sidecar_shim::testing
