// The shim's socket: passed by systemd or bound here, never taken from a process that still listens on it.
// Its connections go to gRPC by file descriptor, since gRPC's own listener replaces sockets in use and makes
// them 0755.
#ifndef SIDECAR_SHIM_SHIM_RELAY_LISTENER_H_
#define SIDECAR_SHIM_SHIM_RELAY_LISTENER_H_

#include <grpcpp/grpcpp.h>

#include <memory>
#include <string>
#include <thread>

#include "absl/status/status.h"
#include "absl/status/statusor.h"

namespace sidecar_shim {

class Listener {
 public:
  // Binds `path` and makes the directory it is in, where that is missing.
  // kFailedPrecondition where another process listens there.
  // A socket passed by systemd (LISTEN_FDS) is used instead of binding.
  static absl::StatusOr<std::unique_ptr<Listener>> Open(const std::string& path);
  // As Stop(), and releases the lock, so that another shim may start.
  ~Listener();

  // Gives the socket the owner, group and mode of the runtime's socket, without any right for others. False
  // while the runtime's socket does not exist.
  bool AdoptOwnership(const std::string& runtime_path);

  // Accepts on a thread of its own until Stop().
  void Start(std::unique_ptr<grpc::experimental::ExternalConnectionAcceptor> acceptor);
  // Stops accepting. A socket bound here is closed and, if the file is still this listener's, removed, so
  // that a connection attempt fails at once. One that systemd passed stays open for the next shim.
  void Stop();

 private:
  Listener() = default;
  void AcceptLoop();
  void RemoveOwnSocket();

  std::string path_;
  int fd_ = -1;
  int lock_fd_ = -1;
  int wake_fd_ = -1;
  bool inherited_ = false;
  uint64_t inode_ = 0;
  std::unique_ptr<grpc::experimental::ExternalConnectionAcceptor> acceptor_;
  std::thread thread_;
};

}  // namespace sidecar_shim

#endif  // SIDECAR_SHIM_SHIM_RELAY_LISTENER_H_
