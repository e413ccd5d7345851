// The shim's socket: passed by systemd or bound here, never taken from a process that still listens on it.
// Loop thread only, but for Open().
#ifndef SIDECAR_SHIM_SHIM_RELAY_LISTENER_H_
#define SIDECAR_SHIM_SHIM_RELAY_LISTENER_H_

#include <cstdint>
#include <functional>
#include <memory>
#include <optional>
#include <string>

#include "absl/status/status.h"
#include "absl/status/statusor.h"
#include "shim/base/loop.h"

namespace sidecar_shim {

class Listener : private Loop::Watch::Observer {
 public:
  // Binds `path` and makes the directory it is in, where that is missing.
  // kFailedPrecondition where another process listens there.
  // A socket passed by systemd (LISTEN_FDS) is used instead of binding.
  static absl::StatusOr<std::unique_ptr<Listener>> Open(const std::string& path);
  // As Stop(), and releases the lock, so that another shim may start.
  ~Listener() override;

  // Gives the socket the owner, group and mode of the runtime's socket, without any right for others. False
  // while the runtime's socket does not exist.
  bool AdoptOwnership(const std::string& runtime_path);

  // Accepts until Stop(). `accept` owns the descriptor that it gets. The loop outlives Stop().
  void Start(Loop& loop, std::function<void(int fd)> accept);
  // Stops accepting. A socket bound here is closed and, if the file is still this listener's, removed, so
  // that a connection attempt fails at once. One that systemd passed stays open for the next shim.
  void Stop();

 private:
  Listener() = default;
  void OnReady(bool can_read, bool can_write) override;
  // False where no connection waits, or none can be accepted.
  bool Accept();
  void RemoveOwnSocket();

  std::string path_;
  int fd_ = -1;
  int lock_fd_ = -1;
  bool inherited_ = false;
  uint64_t inode_ = 0;
  std::function<void(int fd)> accept_;
  Loop* loop_ = nullptr;  // from Start() on
  std::optional<Loop::Watch> watch_;
  std::optional<Loop::Timer> pause_;  // while there are no descriptors left
};

}  // namespace sidecar_shim

#endif  // SIDECAR_SHIM_SHIM_RELAY_LISTENER_H_
