// The shim in this process, before a scripted runtime, in a directory of its own.
#ifndef SIDECAR_SHIM_TESTS_SUPPORT_SHIM_UNDER_TEST_H_
#define SIDECAR_SHIM_TESTS_SUPPORT_SHIM_UNDER_TEST_H_

#include <memory>
#include <string>
#include <thread>

#include "shim/app/config.h"
#include "shim/app/daemon.h"
#include "tests/support/client.h"
#include "tests/support/fake_runtime.h"

namespace sidecar_shim::testing {

class TempDir {
 public:
  TempDir();
  ~TempDir();
  std::string File(const std::string& name) const { return path_ + "/" + name; }

 private:
  std::string path_;
};

// Sockets and kubelet's paths inside `dir`; "shim.sock" before "runtime.sock".
DaemonConfig ConfigIn(const TempDir& dir);

// A Daemon on a thread. Aborts where it cannot be created.
class RunningShim {
 public:
  explicit RunningShim(const DaemonConfig& config);
  ~RunningShim() { Shutdown(); }
  void Shutdown();
  // Without waiting for the end.
  void BeginShutdown() { daemon_->Shutdown(); }

 private:
  std::unique_ptr<Daemon> daemon_;
  std::thread thread_;
};

// All of it, running.
struct ShimSetup {
  explicit ShimSetup(bool start_runtime = true);
  void RestartShim();

  TempDir dir;
  DaemonConfig config = ConfigIn(dir);
  FakeRuntime runtime{dir.File("runtime.sock")};
  std::unique_ptr<RunningShim> shim;
  Client client{dir.File("shim.sock")};
};

}  // namespace sidecar_shim::testing

#endif  // SIDECAR_SHIM_TESTS_SUPPORT_SHIM_UNDER_TEST_H_
