// The shim in this process, in front of a FakeRuntime, in a temporary directory.
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

// Listens on "shim.sock", with the runtime on "runtime.sock"; kubelet's paths are in `dir` too.
DaemonConfig ConfigIn(const TempDir& dir);

// A Daemon on a thread. Aborts where it cannot be created.
class RunningShim {
 public:
  explicit RunningShim(const DaemonConfig& config);
  ~RunningShim() { Shutdown(); }
  void Shutdown();
  // Returns before the shutdown is complete.
  void BeginShutdown() { daemon_->Shutdown(); }
  // As SIGUSR1 does.
  void LogCounters() { daemon_->LogCounters(); }

 private:
  std::unique_ptr<Daemon> daemon_;
  std::thread thread_;
};

// Runtime, shim and client, running.
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
