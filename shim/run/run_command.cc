#include "shim/run/run_command.h"

#include <sys/ioctl.h>
#include <unistd.h>

#include <algorithm>
#include <atomic>
#include <cstdio>
#include <cstdlib>
#include <filesystem>
#include <fstream>
#include <iostream>
#include <memory>
#include <string>
#include <utility>

#include "absl/cleanup/cleanup.h"
#include "absl/status/statusor.h"
#include "absl/strings/str_cat.h"
#include "absl/time/clock.h"
#include "absl/time/time.h"
#include "policy/settings.h"
#include "shim/base/read_file.h"
#include "shim/kube/manifest.h"
#include "shim/run/admission.h"
#include "shim/run/containers_annotation.h"
#include "shim/run/interrupt.h"
#include "shim/run/pod_worker.h"
#include "shim/run/pods_api_server.h"
#include "shim/run/timeline_json.h"
#include "shim/run/timeline_svg.h"
#include "shim/run/timeline_text.h"

namespace sidecar_shim::run {
namespace {

constexpr int kSucceeded = 0;
constexpr int kFailed = 1;
constexpr int kError = 2;
constexpr int kTimedOut = 3;
constexpr int kInterrupted = 130;  // as a shell reports SIGINT

constexpr int kMaxWidth = 100;
constexpr char kContainerLinks[] = "/var/log/containers";

struct Flags {
  std::string file;
  std::string runtime_endpoint = "unix:///run/sidecar-shim/cri.sock";
  std::string image_endpoint;
  std::string log_root = "/var/log/pods";
  std::string root_dir;
  std::string kubelet_root_dir = "/var/lib/kubelet";
  std::string pods_api_socket;
  bool no_pods_api = false;
  bool keep = false;
  std::string timeout;
  std::string svg;
  std::string json;
};

absl::StatusOr<std::string> ReadInput(const std::string& file) {
  if (file == "-") return ReadAll(STDIN_FILENO, "standard input", kLargestManifest);
  return ReadFile(file, kLargestManifest);
}

absl::StatusOr<PodModel> LoadModel(const std::string& file) {
  absl::StatusOr<std::string> text = ReadInput(file);
  if (!text.ok()) return text.status();
  absl::StatusOr<Manifest> manifest = ParseManifest(*text);
  absl::Status status = manifest.status();
  absl::StatusOr<PodModel> model;
  if (status.ok()) {
    model = BuildPodModel(Admit(*manifest, NewIdentity()), manifest->pod_json);
    status = model.status();
  }
  if (!status.ok()) return absl::Status(status.code(), absl::StrCat(file, ": ", status.message()));
  return model;
}

absl::Status WriteOutput(const std::string& file, const std::string& text) {
  std::ofstream output(file, std::ios::binary);
  output << text;
  output.close();
  return output ? absl::OkStatus() : absl::UnavailableError(absl::StrCat("cannot write ", file));
}

int TerminalWidth() {
  winsize size = {};
  if (ioctl(STDOUT_FILENO, TIOCGWINSZ, &size) != 0 || size.ws_col == 0) return kMaxWidth;
  return std::min<int>(size.ws_col, kMaxWidth);
}

// So that the shim knows the pod all the same.
void AnnotatePlan(PodModel& model) {
  auto& annotations = *model.pod.mutable_metadata()->mutable_annotations();
  annotations.insert({std::string(policy::kContainersAnnotation), PlanAnnotation(model.pod)});
}

std::unique_ptr<PodsApiServer> OfferPod(const Flags& flags, PodModel& model) {
  if (flags.no_pods_api) return nullptr;
  std::string path = flags.pods_api_socket.empty()
                         ? absl::StrCat(flags.kubelet_root_dir, "/pods-api/pods-api.sock")
                         : flags.pods_api_socket;
  absl::StatusOr<std::unique_ptr<PodsApiServer>> server = PodsApiServer::Start(path);
  if (server.ok()) {
    (*server)->SetPod(model.pod);
    return *std::move(server);
  }
  AnnotatePlan(model);
  std::cerr << "warning: the pod is not offered over kubelet's PodsAPI (" << server.status().message()
            << "); the shim learns it from the annotation " << policy::kContainersAnnotation << "\n";
  if (absl::IsAlreadyExists(server.status())) {
    std::cerr
        << "hint: that may be another `sidecar-shim run`, which does no harm. A kubelet would end pods that\n"
           "      it does not know: let it run this one (as a static pod, say), or run against a runtime of\n"
           "      your own. --no-pods-api silences this.\n";
  }
  return nullptr;
}

// The shim links the logs of containers that it starts itself, as kubelet
// does; kubelet would remove the links with the pod.
void RemoveContainerLinks(const PodModel& model) {
  namespace fs = std::filesystem;
  std::string prefix = absl::StrCat(model.name(), "_", model.name_space(), "_");
  std::error_code error;
  // increment(error), as ++ throws where the directory cannot be read on.
  for (fs::directory_iterator entry(kContainerLinks, error); entry != fs::directory_iterator();
       entry.increment(error)) {
    bool ours = entry->path().filename().string().rfind(prefix, 0) == 0;
    if (std::error_code ignored; ours && entry->is_symlink(ignored)) fs::remove(entry->path(), ignored);
  }
}

int ExitCode(const PodResult& result) {
  if (result.timed_out) return kTimedOut;
  if (result.stopped) return kInterrupted;
  if (result.phase == Phase::kSucceeded) return kSucceeded;
  return result.phase == Phase::kFailed ? kFailed : kError;
}

void PrintResult(const PodResult& result, const PodDirs& dirs) {
  const Timeline& timeline = result.timeline;
  std::cout << "\n" << RenderTable(timeline) << "\n" << RenderGantt(timeline, TerminalWidth()) << "\n";
  std::cout << timeline.name_space << "/" << timeline.pod << ": " << timeline.phase << " after "
            << FormatOffset(timeline.end, timeline.start) << " s"
            << (result.timed_out ? ", ended when its time was up"
                : result.stopped ? ", ended on request"
                                 : "")
            << "; logs in " << dirs.log_dir << std::endl;
  if (!result.cleanup.ok()) std::cerr << "warning: " << result.cleanup.message() << "\n";
}

absl::Status WriteFiles(const Flags& flags, const Timeline& timeline) {
  absl::Status status;
  if (!flags.svg.empty()) status.Update(WriteOutput(flags.svg, RenderSvg(timeline)));
  if (!flags.json.empty()) status.Update(WriteOutput(flags.json, RenderJson(timeline)));
  return status;
}

// The directory for the pod's files; a temporary one where none is given.
absl::StatusOr<std::string> RootDir(const Flags& flags) {
  if (!flags.root_dir.empty()) return std::filesystem::absolute(flags.root_dir).string();
  std::string path = "/tmp/sidecar-shim-run-XXXXXX";
  if (mkdtemp(path.data()) == nullptr) return absl::UnavailableError("cannot create a temporary directory");
  return path;
}

void RemoveDirs(const Flags& flags, const std::string& root_dir, const PodDirs& dirs) {
  std::error_code error;
  std::filesystem::remove_all(dirs.pod_dir, error);
  if (!flags.root_dir.empty()) return;
  std::filesystem::remove(absl::StrCat(root_dir, "/pods"), error);
  std::filesystem::remove(root_dir, error);
}

absl::StatusOr<int> Run(const Flags& flags) {
  WorkerOptions options;
  options.keep = flags.keep;
  if (!flags.timeout.empty() &&
      (!absl::ParseDuration(flags.timeout, &options.timeout) || options.timeout <= absl::ZeroDuration())) {
    return absl::InvalidArgumentError(
        absl::StrCat("--timeout ", flags.timeout, ": give a duration such as 90s or 5m"));
  }
  absl::StatusOr<PodModel> model = LoadModel(flags.file);
  if (!model.ok()) return model.status();

  // Before anything that makes threads, which would get the signals otherwise.
  std::atomic<PodWorker*> running{nullptr};
  std::atomic<PodsApiServer*> offering{nullptr};
  std::atomic<bool> interrupted{false};
  Interrupt interrupt(
      [&] {
        interrupted = true;
        if (PodWorker* worker = running) worker->Stop();
      },
      [&] {
        std::cerr << "given up; what is left in the runtime has the label io.kubernetes.pod.uid="
                  << model->uid() << std::endl;
        if (PodsApiServer* server = offering) server->Unlink();
        std::_Exit(kInterrupted);
      });

  const std::string& image_endpoint =
      flags.image_endpoint.empty() ? flags.runtime_endpoint : flags.image_endpoint;
  absl::StatusOr<std::unique_ptr<RuntimeClient>> client =
      RuntimeClient::Create(flags.runtime_endpoint, image_endpoint, absl::Minutes(2));
  if (!client.ok()) return client.status();
  absl::StatusOr<cri::VersionResponse> version = (*client)->Version();
  if (!version.ok()) {
    return absl::UnavailableError(
        absl::StrCat("no runtime at ", flags.runtime_endpoint, ": ", version.status().message()));
  }
  absl::StatusOr<std::string> root_dir = RootDir(flags);
  if (!root_dir.ok()) return root_dir.status();
  PodDirs dirs{absl::StrCat(*root_dir, "/pods/", model->uid()),
               absl::StrCat(flags.log_root, "/", model->name_space(), "_", model->name(), "_", model->uid())};
  if (absl::Status status = PrepareVolumes(dirs, *model); !status.ok()) {
    RemoveDirs(flags, *root_dir, dirs);
    return status;
  }
  std::unique_ptr<PodsApiServer> pods_api = OfferPod(flags, *model);
  offering = pods_api.get();
  absl::Cleanup withdraw = [&] { offering = nullptr; };  // before the server goes

  std::cout << model->name_space() << "/" << model->name() << " (uid " << model->uid() << ", restartPolicy "
            << model->pod.spec().restartpolicy() << ") on " << version->runtime_name() << " "
            << version->runtime_version() << std::endl;
  for (const std::string& warning : model->warnings) std::cerr << "warning: " << warning << "\n";
  absl::Time start = absl::Now();
  size_t who_width = 7;  // "sandbox"
  for (const auto* list : {&model->init_containers, &model->containers}) {
    for (const ContainerModel& container : *list)
      who_width = std::max(who_width, container.spec.name().size());
  }
  PodWorker worker(*model, dirs, **client, start, options, [&](const Event& event) {
    std::cout << FormatEvent(event, start, who_width) << std::endl;
  });
  running = &worker;
  if (interrupted) worker.Stop();
  PodResult result = worker.Run();
  running = nullptr;

  if (pods_api != nullptr) pods_api->RemovePod(model->uid());
  if (!flags.keep) {
    RemoveContainerLinks(*model);
    RemoveDirs(flags, *root_dir, dirs);
  }
  PrintResult(result, dirs);
  if (absl::Status status = WriteFiles(flags, result.timeline); !status.ok()) return status;
  return ExitCode(result);
}

void AddFlags(CLI::App& run, Flags& flags) {
  run.add_option("-f,--file", flags.file, "Pod or Job manifest, YAML or JSON; - for standard input")
      ->required();
  run.add_option("--runtime-endpoint", flags.runtime_endpoint, "CRI socket")->capture_default_str();
  run.add_option("--image-endpoint", flags.image_endpoint,
                 "CRI socket for images (default: the runtime endpoint)");
  run.add_option("--log-root", flags.log_root, "Where pods' log directories are made")->capture_default_str();
  run.add_option("--root-dir", flags.root_dir,
                 "Where emptyDir volumes are made (default: a temporary directory)");
  run.add_option("--kubelet-root-dir", flags.kubelet_root_dir, "Where the shim looks for kubelet's sockets")
      ->capture_default_str();
  run.add_option(
      "--pods-api-socket", flags.pods_api_socket,
      "Where the pod is offered to the shim (default: pods-api/pods-api.sock below --kubelet-root-dir)");
  run.add_flag("--no-pods-api", flags.no_pods_api, "Do not offer the pod to the shim");
  run.add_flag("--keep", flags.keep, "Leave the stopped containers, the sandbox and the volumes");
  run.add_option("--timeout", flags.timeout, "End the pod after this time, such as 90s (default: never)");
  run.add_option("--svg", flags.svg, "Write the timeline as a picture");
  run.add_option("--json", flags.json, "Write the timeline as JSON");
}

}  // namespace

void AddRunCommand(CLI::App& app, int& exit_code) {
  CLI::App* run = app.add_subcommand(
      "run",
      "Run one pod against a CRI socket as kubelet would, and show when its containers started and ended");
  auto flags = std::make_shared<Flags>();
  AddFlags(*run, *flags);
  run->footer(
      "Exit status: 0 the pod Succeeded, 1 it Failed, 2 usage or runtime error, 3 out of time, 130 "
      "interrupted.");
  run->callback([flags, &exit_code] {
    absl::StatusOr<int> result = Run(*flags);
    if (!result.ok()) std::cerr << "sidecar-shim run: " << result.status().message() << "\n";
    exit_code = result.ok() ? *result : kError;
  });
}

}  // namespace sidecar_shim::run
