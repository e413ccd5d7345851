// The daemon: wires everything, opens the socket once the runtime's state is
// known, and takes itself apart in the order that gRPC demands.
#ifndef SIDECAR_SHIM_SHIM_APP_DAEMON_H_
#define SIDECAR_SHIM_SHIM_APP_DAEMON_H_

#include <memory>

#include "absl/status/statusor.h"
#include "shim/app/config.h"

namespace sidecar_shim {

class Counters;

class Daemon {
 public:
  // Binds the socket (nobody is served yet). Errors as Listener::Open.
  static absl::StatusOr<std::unique_ptr<Daemon>> Create(const DaemonConfig& config);
  ~Daemon();

  // Serves until Shutdown(). The calling thread becomes the loop.
  void Run();

  // Any thread. No new call is taken; calls under way get the configured grace.
  // Shuts down once; later calls do nothing.
  void Shutdown();

  // Any thread: writes the counters to the log.
  void LogCounters();

 private:
  struct Parts;
  explicit Daemon(std::unique_ptr<Parts> parts);
  std::unique_ptr<Parts> parts_;
};

}  // namespace sidecar_shim

#endif  // SIDECAR_SHIM_SHIM_APP_DAEMON_H_
