#include "shim/actuators/stopper.h"

#include <spdlog/spdlog.h>

#include <algorithm>
#include <chrono>

#include "absl/strings/str_cat.h"
#include "shim/actuators/container_name.h"
#include "shim/cri/convert.h"
#include "shim/cri/verbose_info.h"
#include "shim/http/http_url.h"
#include "shim/kube/kubelet_labels.h"

namespace sidecar_shim {
namespace {

// The least that is left for the stop signal after a hook, as in kubelet's
// killContainer.
constexpr Duration kMinimumGrace = std::chrono::seconds(2);

// A process that has not installed a handler by then is assumed to have none. On a loaded node a shell
// needed more than a second; a signal that is lost costs the whole grace period, and the data that a
// collector has not sent yet.
constexpr Duration kSigtermHandlerTimeout = std::chrono::seconds(5);
constexpr Duration kSigtermPollInterval = std::chrono::milliseconds(10);

std::string Find(const google::protobuf::Map<std::string, std::string>& map, const char* key) {
  auto it = map.find(key);
  return it == map.end() ? std::string() : it->second;
}

}  // namespace

struct Stopper::Job {
  explicit Job(Loop& loop) : timer(loop) {}
  policy::ContainerId id;
  ContainerName name;
  int pid = 0;              // of its process, 0 = not known
  Time handler_deadline{};  // from then on its process is assumed to handle SIGTERM
  Time began{};
  Duration grace{0};
  bool pre_stop_ran = false;
  Loop::Timer timer;
};

Duration Stopper::SigtermHandlerTimeLeft(const runtime::v1::ContainerStatus& status) const {
  const Duration age = loop_.WallNow() - WallTime(std::chrono::nanoseconds(status.started_at()));
  return std::clamp<Duration>(kSigtermHandlerTimeout - age, Duration::zero(), kSigtermHandlerTimeout);
}

Duration Stopper::Rest(const Job& job) const {
  return std::max(job.grace - (loop_.Now() - job.began), kMinimumGrace);
}

void Stopper::Stop(const policy::StopSidecar& action) {
  auto job = std::make_shared<Job>(loop_);
  job->id = action.container;
  job->began = loop_.Now();
  job->grace = action.grace;
  job->name = NameOfContainer(driver_.engine(), action.container);
  const policy::ContainerRecord* record = driver_.engine().FindContainer(action.container);
  if (record == nullptr) {
    SendStop(job);
    return;
  }
  runtime_.ContainerStatus(
      job->id, /*verbose=*/true,
      [this, job, sandbox = record->sandbox, run_hook = action.run_pre_stop](
          const grpc::Status& status, const runtime::v1::ContainerStatusResponse& response) {
        if (status.ok()) {
          job->pid = PidFromVerboseInfo(response);
          job->handler_deadline = loop_.Now() + SigtermHandlerTimeLeft(response.status());
        }
        if (!run_hook) {
          StopOnceSigtermHandled(job);
        } else if (!status.ok()) {
          spdlog::warn("cannot read preStop hook: {} error={}", job->name.ToString(), status.error_message());
          driver_.Post(policy::SidecarStopEnded{job->id, /*ok=*/false, /*pre_stop_ran=*/false});
        } else {
          const auto& annotations = response.status().annotations();
          RunHook(job, Find(annotations, kPreStopAnnotation), Find(annotations, kContainerPortsAnnotation),
                  sandbox);
        }
      });
}

void Stopper::RunHook(const std::shared_ptr<Job>& job, const std::string& handler, const std::string& ports,
                      const policy::SandboxId& sandbox) {
  const absl::StatusOr<LifecycleHook> hook = ParseLifecycleHook(handler, ports);
  if (!hook.ok()) {
    HookEnded(job, std::string(hook.status().message()));
  } else if (const auto* exec = std::get_if<ExecHook>(&*hook)) {
    RunExec(job, *exec);
  } else if (const auto* http = std::get_if<HttpHook>(&*hook)) {
    RunHttp(job, *http, sandbox);
  } else if (const auto* sleep = std::get_if<SleepHook>(&*hook)) {
    RunSleep(job, *sleep);
  } else {
    HookEnded(job, "");
  }
}

void Stopper::RunExec(const std::shared_ptr<Job>& job, const ExecHook& hook) {
  runtime_.ExecSync(job->id, hook.command, job->grace,
                    [this, job](const grpc::Status& status, const runtime::v1::ExecSyncResponse& response) {
                      if (!status.ok()) {
                        HookEnded(job, status.error_message());
                      } else if (response.exit_code() != 0) {
                        HookEnded(job, absl::StrCat("exit code ", response.exit_code()));
                      } else {
                        HookEnded(job, "");
                      }
                    });
}

void Stopper::RunHttp(const std::shared_ptr<Job>& job, const HttpHook& hook,
                      const policy::SandboxId& sandbox) {
  auto get = [this, job, hook](const std::string& host) {
    HttpRequest request;
    request.url = HttpUrl(hook.scheme, host, hook.port, hook.path);
    request.headers = hook.headers;
    request.timeout = job->grace;
    request.verify = false;
    http_.Send(std::move(request), [this, job](const HttpResult& result) {
      const absl::Status status = HttpSuccess(result);
      HookEnded(job, std::string(status.message()));
    });
  };
  if (!hook.host.empty()) {
    get(hook.host);
    return;
  }
  runtime_.PodSandboxStatus(sandbox, [this, job, get](const grpc::Status& status,
                                                      const runtime::v1::PodSandboxStatusResponse& response) {
    if (!status.ok()) {
      HookEnded(job, status.error_message());
      return;
    }
    get(node_address_.OfPod(response.status().network().ip()));
  });
}

void Stopper::RunSleep(const std::shared_ptr<Job>& job, const SleepHook& hook) {
  const Duration pause = std::min<Duration>(std::chrono::seconds(hook.seconds), job->grace);
  job->timer.Start(loop_.Now() + pause, [this, job] { HookEnded(job, ""); });
}

void Stopper::HookEnded(const std::shared_ptr<Job>& job, const std::string& problem) {
  if (!problem.empty()) {
    spdlog::warn("preStop hook failed, stopping the container anyway: {} error={}", job->name.ToString(),
                 problem);
  }
  job->pre_stop_ran = true;
  StopOnceSigtermHandled(job);
}

void Stopper::StopOnceSigtermHandled(const std::shared_ptr<Job>& job) {
  const Time now = loop_.Now();
  if (job->pid <= 0 || now >= job->handler_deadline || handles_sigterm_(job->pid)) {
    SendStop(job);
    return;
  }
  job->timer.Start(now + kSigtermPollInterval, [this, job] { StopOnceSigtermHandled(job); });
}

void Stopper::SendStop(const std::shared_ptr<Job>& job) {
  runtime_.StopContainer(job->id, Rest(*job),
                         [this, job](const grpc::Status& status, const runtime::v1::StopContainerResponse&) {
                           if (!status.ok()) {
                             spdlog::warn("stopping sidecar failed, to be retried: {} error={}",
                                          job->name.ToString(), status.error_message());
                           }
                           driver_.Post(policy::SidecarStopEnded{job->id, status.ok(), job->pre_stop_ran});
                           if (status.ok()) QueryExit(job);
                         });
}

void Stopper::QueryExit(const std::shared_ptr<Job>& job) {
  runtime_.ContainerStatus(
      job->id, /*verbose=*/false,
      [this, job](const grpc::Status& status, const runtime::v1::ContainerStatusResponse& response) {
        const runtime::v1::ContainerStatus& container = response.status();
        if (!status.ok() || container.state() != runtime::v1::CONTAINER_EXITED) return;
        const auto duration = std::chrono::duration_cast<std::chrono::milliseconds>(loop_.Now() - job->began);
        spdlog::info("sidecar stopped: {} real_exit_code={} after={}ms", job->name.ToString(),
                     container.exit_code(), duration.count());
        driver_.Post(
            policy::ContainerExited{job->id, container.exit_code(), ToRuntimeTime(container.finished_at())});
      });
}

}  // namespace sidecar_shim
