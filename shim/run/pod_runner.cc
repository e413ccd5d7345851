#include "shim/run/pod_runner.h"

#include <sys/ioctl.h>
#include <unistd.h>

#include <algorithm>
#include <atomic>
#include <cstdlib>
#include <iostream>
#include <memory>
#include <string>

#include "absl/cleanup/cleanup.h"
#include "absl/strings/str_cat.h"
#include "absl/time/clock.h"
#include "absl/time/time.h"
#include "shim/kube/kubelet_labels.h"
#include "shim/kube/log_symlink.h"
#include "shim/run/interrupt.h"
#include "shim/run/pod_files.h"
#include "shim/run/pod_offer.h"
#include "shim/run/pod_worker.h"
#include "shim/run/timeline_gantt.h"
#include "shim/run/timeline_table.h"

namespace sidecar_shim::run {
namespace {

constexpr int kMaxWidth = 100;

int TerminalWidth() {
  winsize size = {};
  if (ioctl(STDOUT_FILENO, TIOCGWINSZ, &size) != 0 || size.ws_col == 0) return kMaxWidth;
  return std::min<int>(size.ws_col, kMaxWidth);
}

int ExitCode(const PodResult& result) {
  if (result.timed_out) return kExitTimedOut;
  if (result.stopped) return kExitInterrupted;
  if (result.phase == Phase::kSucceeded) return kExitSucceeded;
  return result.phase == Phase::kFailed ? kExitFailed : kExitError;
}

void PrintResult(const PodResult& result, const PodDirs& dirs) {
  const Timeline& timeline = result.timeline;
  std::cout << "\n" << RenderTable(timeline) << "\n" << RenderGantt(timeline, TerminalWidth()) << "\n";
  std::cout << timeline.name_space << "/" << timeline.pod << ": " << timeline.phase << " after "
            << FormatOffset(timeline.end, timeline.start) << " s"
            << (result.timed_out ? ", stopped at its timeout"
                : result.stopped ? ", stopped by a signal"
                                 : "")
            << "; logs in " << dirs.log_dir << std::endl;
  if (!result.cleanup.ok()) std::cerr << "warning: " << result.cleanup.message() << "\n";
}

void PrintStart(const PodModel& model, const cri::VersionResponse& version) {
  std::cout << model.name_space() << "/" << model.name() << " (uid " << model.uid() << ", restartPolicy "
            << model.pod.spec().restartpolicy() << ") on " << version.runtime_name() << " "
            << version.runtime_version() << std::endl;
  for (const std::string& warning : model.warnings) std::cerr << "warning: " << warning << "\n";
}

EventSink EventPrinter(const PodModel& model, absl::Time start) {
  size_t who_width = 7;  // "sandbox"
  for (const auto* list : {&model.init_containers, &model.containers}) {
    for (const ContainerModel& container : *list)
      who_width = std::max(who_width, container.spec.name().size());
  }
  return [start, who_width](const Event& event) {
    std::cout << FormatEvent(event, start, who_width) << std::endl;
  };
}

absl::StatusOr<WorkerOptions> ReadOptions(const RunFlags& flags) {
  WorkerOptions options;
  options.keep = flags.keep;
  if (!flags.timeout.empty() &&
      (!absl::ParseDuration(flags.timeout, &options.timeout) || options.timeout <= absl::ZeroDuration())) {
    return absl::InvalidArgumentError(
        absl::StrCat("--timeout ", flags.timeout, ": give a duration such as 90s or 5m"));
  }
  return options;
}

absl::StatusOr<std::unique_ptr<RuntimeClient>> Connect(const RunFlags& flags, cri::VersionResponse& version) {
  const std::string& image_endpoint =
      flags.image_endpoint.empty() ? flags.runtime_endpoint : flags.image_endpoint;
  absl::StatusOr<std::unique_ptr<RuntimeClient>> client =
      RuntimeClient::Create(flags.runtime_endpoint, image_endpoint, absl::Minutes(2));
  if (!client.ok()) return client;
  absl::StatusOr<cri::VersionResponse> response = (*client)->Version();
  if (!response.ok()) {
    return absl::UnavailableError(
        absl::StrCat("no runtime at ", flags.runtime_endpoint, ": ", response.status().message()));
  }
  version = *std::move(response);
  return client;
}

std::string PodsApiSocket(const RunFlags& flags) {
  return flags.pods_api_socket.empty() ? absl::StrCat(flags.kubelet_root_dir, "/pods-api/pods-api.sock")
                                       : flags.pods_api_socket;
}

}  // namespace

absl::StatusOr<int> RunPod(const RunFlags& flags) {
  absl::StatusOr<WorkerOptions> options = ReadOptions(flags);
  if (!options.ok()) return options.status();
  absl::StatusOr<PodModel> model = LoadModel(flags.file);
  if (!model.ok()) return model.status();

  // Before anything that starts threads, which would receive the signals otherwise.
  std::atomic<PodWorker*> running{nullptr};
  std::atomic<PodsApiServer*> offering{nullptr};
  std::atomic<bool> interrupted{false};
  Interrupt interrupt(
      [&] {
        interrupted = true;
        if (PodWorker* worker = running) worker->Stop();
      },
      [&] {
        std::cerr << "interrupted again; what is left in the runtime has the label " << kPodUidLabel << "="
                  << model->uid() << std::endl;
        if (PodsApiServer* server = offering) server->Unlink();
        std::_Exit(kExitInterrupted);
      });

  cri::VersionResponse version;
  absl::StatusOr<std::unique_ptr<RuntimeClient>> client = Connect(flags, version);
  if (!client.ok()) return client.status();
  absl::StatusOr<PodFiles> files = PodFiles::Create(flags, *model);
  if (!files.ok()) return files.status();
  std::unique_ptr<PodsApiServer> pods_api;
  if (!flags.no_pods_api) pods_api = OfferPod(PodsApiSocket(flags), *model, std::cerr);
  offering = pods_api.get();
  absl::Cleanup withdraw = [&] { offering = nullptr; };  // before the server is destroyed

  PrintStart(*model, version);
  absl::Time start = absl::Now();
  PodWorker worker(*model, files->dirs(), **client, start, *options, EventPrinter(*model, start));
  running = &worker;
  if (interrupted) worker.Stop();
  PodResult result = worker.Run();
  running = nullptr;

  if (pods_api != nullptr) pods_api->RemovePod(model->uid());
  if (!flags.keep) {
    RemoveLogSymlinks(model->name(), model->name_space());
    files->Remove();
  }
  PrintResult(result, files->dirs());
  if (absl::Status status = WriteReports(flags, result.timeline); !status.ok()) return status;
  return ExitCode(result);
}

}  // namespace sidecar_shim::run
