#include "shim/run/pod_stopper.h"

#include <algorithm>
#include <mutex>
#include <thread>
#include <variant>
#include <vector>

#include "absl/strings/str_cat.h"
#include "absl/strings/str_join.h"
#include "absl/time/clock.h"

namespace sidecar_shim::run {
namespace {

// The runtime no longer has it, which is what was wanted.
absl::Status IgnoreNotFound(const absl::Status& status) {
  return absl::IsNotFound(status) ? absl::OkStatus() : status;
}

}  // namespace

absl::Status PodStopper::RunExec(const ExecHook& hook, const ContainerModel& container, const std::string& id,
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

absl::Status PodStopper::RunHook(const char* name, const LifecycleHook& hook, const ContainerModel& container,
                                 const std::string& id, absl::Duration limit) {
  if (const auto* exec = std::get_if<ExecHook>(&hook)) return RunExec(*exec, container, id, limit);
  if (const auto* unsupported = std::get_if<UnsupportedHook>(&hook)) {
    return absl::UnimplementedError(absl::StrCat(name, " ", unsupported->kind, ": not supported by run"));
  }
  if (const auto* sleep = std::get_if<SleepHook>(&hook)) {
    absl::SleepFor(std::min(limit, absl::Seconds(sleep->seconds)));
  }
  return absl::OkStatus();
}

absl::Status PodStopper::PostStart(const ContainerModel& container, const std::string& id) {
  return RunHook("postStart", container.post_start, container, id, absl::InfiniteDuration());
}

absl::Status PodStopper::StopOne(const ContainerRecord& record, absl::Duration spent) {
  const ContainerModel* container = model_.Find(record.name());
  absl::Duration grace = absl::Seconds(model_.pod.spec().terminationgraceperiodseconds()) - spent;
  grace = std::max(grace, minimum_grace_);
  log_.Emit(
      Event::Kind::kStopping, record.name(),
      absl::StrCat("stopping, grace ", absl::FormatDuration(absl::Trunc(grace, absl::Milliseconds(1)))));
  absl::Time began = absl::Now();
  if (container != nullptr) {
    absl::Status hook = RunHook("preStop", container->pre_stop, *container, record.status.id(), grace);
    // kubelet stops the container nevertheless.
    if (!hook.ok()) log_.Emit(Event::Kind::kWarning, record.name(), hook.message());
  }
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
