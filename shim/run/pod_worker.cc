#include "shim/run/pod_worker.h"

#include <algorithm>
#include <optional>
#include <utility>

#include "absl/strings/str_cat.h"
#include "absl/time/clock.h"
#include "shim/run/pod_config.h"

namespace sidecar_shim::run {
namespace {

std::string DescribeExit(const ContainerRecord& record, absl::Time start) {
  const cri::ContainerStatus& status = record.status;
  std::string text = absl::StrCat("exited with ", record.real.exit_code);
  if (!record.real.reason.empty()) absl::StrAppend(&text, " (", record.real.reason, ")");
  bool differs = record.real.exit_code != status.exit_code() || record.real.reason != status.reason();
  if (record.real.masked && differs) {
    absl::StrAppend(&text, ", reported as ", status.exit_code(), " (", status.reason(), ") by sidecar-shim");
  }
  if (status.finished_at() != 0) {
    absl::StrAppend(&text, " at ", FormatOffset(FromRuntime(status.finished_at()), start));
  }
  if (!status.message().empty()) absl::StrAppend(&text, ": ", status.message());
  return text;
}

}  // namespace

PodWorker::PodWorker(const PodModel& model, const PodDirs& dirs, RuntimeClient& client, absl::Time start,
                     WorkerOptions options, EventSink sink)
    : model_(model),
      dirs_(dirs),
      client_(client),
      options_(options),
      start_(start),
      log_(std::move(sink)),
      recorder_(model, start_),
      stopper_(client, log_, model, options.minimum_grace),
      starter_(model, dirs_, options_, client, log_, recorder_, stopper_),
      random_(std::random_device{}()),
      pleg_(std::make_unique<Pleg>(client, log_, model.uid(), options.relist_period,
                                   [this](const PodStatus& status) { Observe(status); })) {}

void PodWorker::Stop() {
  stop_ = true;
  pleg_->Interrupt();
  client_.CancelUnbounded();
}

bool PodWorker::Ended() const { return stop_ || absl::Now() >= start_ + options_.timeout; }

PodResult PodWorker::Run() {
  absl::Time deadline = start_ + options_.timeout;
  absl::Time last_pass = absl::InfinitePast();
  while (!Ended()) {
    std::optional<PodStatus> status = pleg_->NewerThan(last_pass, deadline);
    if (!status) break;
    SyncPass pass;
    bool continues = Sync(*status, pass);
    last_pass = absl::Now();
    if (!continues) break;
    pleg_->WaitForChange(std::min(NextPass(pass), deadline));
  }
  PodResult result;
  result.stopped = stop_ && !IsTerminal(phase_);
  result.timed_out = !stop_ && !IsTerminal(phase_);
  if (result.stopped) log_.Emit(Event::Kind::kStopping, "pod", "interrupted: stopping the pod");
  if (result.timed_out) log_.Emit(Event::Kind::kStopping, "pod", "timed out: stopping the pod");
  result.cleanup = Teardown(last_pass);
  result.phase = phase_;
  result.timeline = recorder_.Snapshot(PhaseName(phase_), IsTerminal(phase_) ? phase_since_ : absl::Now());
  result.timeline.ending = result.stopped ? "stopped" : result.timed_out ? "timeout" : "complete";
  return result;
}

void PodWorker::Observe(const PodStatus& status) {
  for (const TimelineRecorder::Change& change : recorder_.Observe(status)) {
    const ContainerRecord& record = change.record;
    if (change.kind == TimelineRecorder::Change::Kind::kExited) {
      log_.Emit(Event::Kind::kExited, record.name(), DescribeExit(record, start_));
    } else {
      log_.Emit(Event::Kind::kAdopted, record.name(),
                absl::StrCat("adopted ", ShortId(record.status.id()), " (attempt ",
                             record.status.metadata().attempt(), "), started by another client at ",
                             FormatOffset(FromRuntime(record.status.started_at()), start_)));
    }
  }
}

void PodWorker::SetPhase(Phase phase) {
  if (phase == phase_) return;
  phase_ = phase;
  phase_since_ = absl::Now();
  log_.Emit(Event::Kind::kPhase, "pod", PhaseName(phase));
}

bool PodWorker::Sync(const PodStatus& status, SyncPass& pass) {
  SetPhase(ComputePhase(model_, status, starter_.waiting()));
  if (IsTerminal(phase_)) return false;
  PodActions actions = ComputeActions(model_, status);
  if (actions.kill_pod && !status.sandboxes.empty()) {
    absl::Status killed = stopper_.StopPod(status);
    if (!killed.ok()) {
      pass.Fail(killed.message());
      return true;
    }
  }
  if (actions.kill_pod && !actions.create_sandbox) return true;
  if (!EnsureSandbox(status, actions, pass)) return true;
  for (const ContainerModel* container : actions.init_to_start) {
    bool started = starter_.Start(*container, status, pass);
    if (!started && container->kind != ContainerKind::kNativeSidecar) return true;
  }
  for (const ContainerModel* container : actions.to_start) starter_.Start(*container, status, pass);
  return true;
}

bool PodWorker::EnsureSandbox(const PodStatus& status, const PodActions& actions, SyncPass& pass) {
  pass.sandbox_config = SandboxConfig(model_, dirs_, actions.sandbox_attempt);
  if (!actions.create_sandbox) {
    pass.sandbox_id = status.sandboxes.front().id();
    return true;
  }
  absl::StatusOr<std::string> id = client_.RunPodSandbox(pass.sandbox_config);
  if (!id.ok()) {
    log_.Emit(Event::Kind::kFailed, "sandbox", absl::StrCat("not created: ", id.status().message()));
    pass.Fail(id.status().message());
    return false;
  }
  pass.sandbox_id = *id;
  log_.Emit(Event::Kind::kSandbox, "sandbox",
            absl::StrCat("created ", ShortId(*id), " (attempt ", actions.sandbox_attempt, ")"));
  return true;
}

absl::Duration PodWorker::Jittered(absl::Duration period) {
  return period * (1 + options_.jitter * std::uniform_real_distribution<double>(0, 1)(random_));
}

absl::Time PodWorker::NextPass(const SyncPass& pass) {
  absl::Time now = absl::Now();
  if (!pass.failed) return now + Jittered(options_.resync_period);
  absl::Time due = now + Jittered(options_.backoff_period);
  if (pass.network_not_ready) {
    due = now + Jittered(options_.transient_backoff);
  } else if (pass.only_backoffs) {
    due = pass.backoff_ends;
  }
  // kubelet checks its queue of delayed passes on a ticker.
  absl::Duration ticks = absl::Ceil(due - start_, options_.sync_tick);
  due = start_ + ticks;
  log_.Emit(Event::Kind::kInfo, "pod",
            absl::StrCat("next pass at ", FormatOffset(due, start_),
                         ", or about a second after a change of the pod"));
  return due;
}

absl::Status PodWorker::Teardown(absl::Time last_pass) {
  pleg_->Resume();
  absl::Status result;
  for (int tries = 0; tries < 3; ++tries) {
    std::optional<PodStatus> status =
        pleg_->NewerThan(last_pass, absl::Now() + options_.unresponsive_timeout);
    if (!status) return absl::UnavailableError("the runtime does not respond; the pod may still be there");
    result = stopper_.StopPod(*status);
    last_pass = absl::Now();
    std::optional<PodStatus> after = pleg_->NewerThan(last_pass, last_pass + options_.unresponsive_timeout);
    if (!after || after->AnyRunning()) continue;
    if (!IsTerminal(phase_)) SetPhase(ComputePhase(model_, *after, starter_.waiting()));
    if (options_.keep) return result;
    result.Update(stopper_.RemovePod(*after));
    if (result.ok()) log_.Emit(Event::Kind::kInfo, "pod", "removed from the runtime");
    return result;
  }
  result.Update(absl::UnavailableError("containers of the pod are still running"));
  return result;
}

}  // namespace sidecar_shim::run
