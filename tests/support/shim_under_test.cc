#include "tests/support/shim_under_test.h"

#include <cstdio>
#include <cstdlib>
#include <filesystem>
#include <system_error>

#include "shim/specs/source_names.h"

namespace sidecar_shim::testing {

TempDir::TempDir() : path_((std::filesystem::temp_directory_path() / "sidecar-shim-XXXXXX").string()) {
  if (mkdtemp(path_.data()) == nullptr) std::abort();
}

TempDir::~TempDir() {
  std::error_code ignored;
  std::filesystem::remove_all(path_, ignored);
}

DaemonConfig ConfigIn(const TempDir& dir) {
  DaemonConfig config;
  config.listen = dir.File("shim.sock");
  config.runtime = "unix://" + dir.File("runtime.sock");
  config.image_service = config.runtime;
  config.kubelet_root_dir = dir.File("kubelet");
  config.static_pod_path = dir.File("manifests");
  // Without the spec sources that would read files outside `dir`.
  config.sources = {kPodsApi, kStaticPod, kAnnotation, kPodResources};
  config.log_level = "info";
  config.log_format = "text";
  config.shutdown_grace = std::chrono::milliseconds(500);
  return config;
}

RunningShim::RunningShim(const DaemonConfig& config) {
  absl::StatusOr<std::unique_ptr<Daemon>> daemon = Daemon::Create(config);
  if (!daemon.ok()) {
    std::fprintf(stderr, "%s\n", daemon.status().ToString().c_str());
    std::abort();
  }
  daemon_ = *std::move(daemon);
  thread_ = std::thread([this] { daemon_->Run(); });
}

void RunningShim::Shutdown() {
  if (!daemon_) return;
  daemon_->Shutdown();
  thread_.join();
  daemon_.reset();
}

ShimSetup::ShimSetup(bool start_runtime) {
  if (start_runtime) runtime.Start();
  shim = std::make_unique<RunningShim>(config);
}

void ShimSetup::RestartShim() {
  shim.reset();
  shim = std::make_unique<RunningShim>(config);
}

}  // namespace sidecar_shim::testing
