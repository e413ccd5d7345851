// The daemon: assembles all parts, starts them and ends them.
//
// Start
//   1. Create() binds the socket, so that a second shim fails at once; kubelet's
//      connections queue there.
//   2. It builds the parts from the lowest to the highest.
//   3. Run() runs the loop; it first subscribes to container events and then
//      reads the runtime's state.
//   4. When that is read, or after a few seconds, connections are accepted and
//      systemd gets READY=1.
//
// End
//   1. Drain, on the loop: no new connection, event subscription or policy
//      action; calls that wait for their turn fail with UNAVAILABLE, endless
//      streams are ended.
//   2. The relay lets clients open no further call and waits for those that are
//      under way, for the configured grace; then it ends them.
//   3. Teardown, once no caller's connection is left: the shim's own calls,
//      requests and the worker are cancelled.
//   4. The loop ends when no operation is pending, and Run() returns.
//   5. The parts are destroyed in the reverse order of their construction.
#ifndef SIDECAR_SHIM_SHIM_APP_DAEMON_H_
#define SIDECAR_SHIM_SHIM_APP_DAEMON_H_

#include <memory>

#include "absl/status/statusor.h"
#include "shim/app/config.h"

namespace sidecar_shim {

class Daemon {
 public:
  // Binds the socket, without accepting a connection yet. Errors as Listener::Open.
  static absl::StatusOr<std::unique_ptr<Daemon>> Create(const DaemonConfig& config);
  ~Daemon();

  // Serves until Shutdown(). The calling thread becomes the loop's.
  void Run();

  // Any thread; returns at once. No new call is accepted; calls in progress get the configured grace. Later
  // calls do nothing.
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
