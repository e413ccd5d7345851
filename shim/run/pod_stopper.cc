#include "shim/run/pod_stopper.h"

#include <algorithm>
#include <mutex>
#include <thread>
#include <vector>

#include "absl/strings/str_cat.h"
#include "absl/strings/str_join.h"
#include "absl/time/clock.h"

namespace sidecar_shim::run {
namespace {

// "Already gone" is what was wanted.
absl::Status IgnoreNotFound(const absl::Status& status) {
  return absl::IsNotFound(status) ? absl::OkStatus() : status;
}

}  // namespace

absl::Status PodStopper::RunExec(const ContainerModel& container, const std::string& id, const Hook& hook,
                                 absl::Duration limit) {
  absl::Time began = absl::Now();
  absl::StatusOr<cri::ExecSyncResponse> result = client_.ExecSync(id, hook.command, limit);
  if (!result.ok()) return result.status();
  if (result->exit_code() != 0) {
    return absl::UnknownError(absl::StrCat("command '", absl::StrJoin(hook.command, " "), "' exited with ",
                                           result->exit_code(), ": ", result->stderr(), result->stdout()));
  }
  log_.Emit(Event::Kind::kInfo, container.spec.name(),
            absl::StrCat("hook ran for ",
                         absl::FormatDuration(absl::Trunc(absl::Now() - began, absl::Milliseconds(1)))));
  return absl::OkStatus();
}

absl::Status PodStopper::PostStart(const ContainerModel& container, const std::string& id) {
  const Hook& hook = container.post_start;
  switch (hook.kind) {
    case Hook::Kind::kNone:
      return absl::OkStatus();
    case Hook::Kind::kExec:
      return RunExec(container, id, hook, absl::ZeroDuration());
    case Hook::Kind::kSleep:
      absl::SleepFor(absl::Seconds(hook.seconds));
      return absl::OkStatus();
    case Hook::Kind::kUnsupported:
      break;
  }
  return absl::UnimplementedError(absl::StrCat("postStart ", hook.handler, ": not supported by run"));
}

void PodStopper::PreStop(const ContainerModel& container, const std::string& id, absl::Duration grace) {
  const Hook& hook = container.pre_stop;
  absl::Status status;
  switch (hook.kind) {
    case Hook::Kind::kNone:
      return;
    case Hook::Kind::kExec:
      status = RunExec(container, id, hook, grace);
      break;
    case Hook::Kind::kSleep:
      absl::SleepFor(std::min(grace, absl::Seconds(hook.seconds)));
      break;
    case Hook::Kind::kUnsupported:
      status = absl::UnimplementedError(absl::StrCat("preStop ", hook.handler, ": not supported by run"));
      break;
  }
  // The container is stopped all the same.
  if (!status.ok()) log_.Emit(Event::Kind::kWarning, container.spec.name(), status.message());
}

absl::Status PodStopper::StopOne(const ContainerRecord& record, absl::Duration spent) {
  const ContainerModel* container = model_.Find(record.name());
  absl::Duration grace = absl::Seconds(model_.pod.spec().terminationgraceperiodseconds()) - spent;
  grace = std::max(grace, minimum_grace_);
  log_.Emit(
      Event::Kind::kStopping, record.name(),
      absl::StrCat("stopping, grace ", absl::FormatDuration(absl::Trunc(grace, absl::Milliseconds(1)))));
  absl::Time began = absl::Now();
  if (container != nullptr) PreStop(*container, record.status.id(), grace);
  grace = std::max(grace - (absl::Now() - began), minimum_grace_);
  absl::Status status = IgnoreNotFound(client_.StopContainer(record.status.id(), grace));
  if (!status.ok()) {
    log_.Emit(Event::Kind::kWarning, record.name(), absl::StrCat("cannot be stopped: ", status.message()));
  }
  return status;
}

absl::Status PodStopper::StopPod(const PodStatus& status) {
  absl::Time began = absl::Now();
  std::vector<std::thread> threads;
  std::mutex mutex;
  absl::Status result;
  for (const ContainerRecord& record : status.containers) {
    const ContainerModel* container = model_.Find(record.name());
    if (!record.running() || (container != nullptr && container->kind == ContainerKind::kNativeSidecar))
      continue;
    threads.emplace_back([this, &record, &mutex, &result] {
      absl::Status stopped = StopOne(record, absl::ZeroDuration());
      std::lock_guard lock(mutex);
      result.Update(stopped);
    });
  }
  for (std::thread& thread : threads) thread.join();
  for (auto it = model_.init_containers.rbegin(); it != model_.init_containers.rend(); ++it) {
    const ContainerRecord* record = status.Find(it->spec.name());
    if (it->kind != ContainerKind::kNativeSidecar || record == nullptr || !record->running()) continue;
    result.Update(StopOne(*record, absl::Now() - began));
  }
  for (const cri::PodSandboxStatus& sandbox : status.sandboxes) {
    absl::Status stopped = IgnoreNotFound(client_.StopPodSandbox(sandbox.id()));
    if (!stopped.ok()) {
      log_.Emit(Event::Kind::kWarning, "sandbox", absl::StrCat("cannot be stopped: ", stopped.message()));
    } else if (sandbox.state() == cri::SANDBOX_READY) {
      log_.Emit(Event::Kind::kSandbox, "sandbox", absl::StrCat("stopped ", ShortId(sandbox.id())));
    }
    result.Update(stopped);
  }
  return result;
}

absl::Status PodStopper::RemovePod(const PodStatus& status) {
  absl::Status result;
  for (const ContainerRecord& record : status.containers) {
    result.Update(IgnoreNotFound(client_.RemoveContainer(record.status.id())));
  }
  for (const cri::PodSandboxStatus& sandbox : status.sandboxes) {
    result.Update(IgnoreNotFound(client_.RemovePodSandbox(sandbox.id())));
  }
  return result;
}

}  // namespace sidecar_shim::run
