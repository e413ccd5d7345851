#include "shim/run/container_starter.h"

#include "absl/strings/str_cat.h"
#include "absl/time/clock.h"
#include "shim/run/pod_config.h"
#include "shim/run/restart_rules.h"

namespace sidecar_shim::run {

ContainerStarter::ContainerStarter(const PodModel& model, const PodDirs& dirs, const WorkerOptions& options,
                                   RuntimeClient& client, EventLog& log, TimelineRecorder& recorder,
                                   PodStopper& stopper)
    : model_(model),
      dirs_(dirs),
      client_(client),
      log_(log),
      recorder_(recorder),
      stopper_(stopper),
      images_(client, log, options.image_backoff_base, options.image_backoff_max),
      crash_loops_(options.crash_loop_base, options.crash_loop_max) {}

bool ContainerStarter::Start(const ContainerModel& container, const PodStatus& status, SyncPass& pass) {
  const std::string& name = container.spec.name();
  const bool started = !BacksOff(container, status, pass) && StartOnce(container, status, pass).ok();
  if (started) {
    waiting_.erase(name);
  } else {
    waiting_.insert(name);
  }
  return started;
}

bool ContainerStarter::BacksOff(const ContainerModel& container, const PodStatus& status, SyncPass& pass) {
  const std::string& name = container.spec.name();
  const ContainerRecord* record = status.Find(name);
  if (record == nullptr || !record->exited()) return false;
  const absl::Time finished = FromRuntime(record->status.finished_at());
  const absl::Time now = absl::Now();
  const absl::Time allowed = crash_loops_.AllowedAt(name, finished);
  if (allowed <= now) {
    crash_loops_.RecordAttempt(name, finished, now);
    return false;
  }
  log_.Emit(Event::Kind::kFailed, name,
            absl::StrCat("CrashLoopBackOff: back-off ", absl::FormatDuration(crash_loops_.Delay(name)),
                         " restarting failed container"));
  pass.BackOff(allowed);
  return true;
}

absl::Status ContainerStarter::StartOnce(const ContainerModel& container, const PodStatus& status,
                                         SyncPass& pass) {
  const std::string& name = container.spec.name();
  absl::Time retry_at = absl::InfiniteFuture();
  absl::StatusOr<std::string> image = images_.Ensure(model_, container, pass.sandbox_config, retry_at);
  if (!image.ok() && retry_at != absl::InfiniteFuture()) {
    log_.Emit(Event::Kind::kFailed, name, image.status().message());
    pass.BackOff(retry_at);
    return image.status();
  }
  if (!image.ok()) return Fail(Event::Kind::kFailed, name, "no image", image.status(), pass);
  const uint32_t attempt = NextAttempt(status, name);
  const cri::ContainerConfig config = ContainerConfig(model_, container, dirs_, *image, attempt);
  absl::StatusOr<std::string> id = client_.CreateContainer(pass.sandbox_id, config, pass.sandbox_config);
  if (!id.ok()) return CreateRefused(name, id.status(), pass);
  recorder_.CreatedHere(*id);
  log_.Emit(Event::Kind::kCreated, name, absl::StrCat("created ", ShortId(*id), " (attempt ", attempt, ")"));
  absl::Status started = client_.StartContainer(*id);
  if (!started.ok()) return Fail(Event::Kind::kFailed, name, "not started", started, pass);
  log_.Emit(Event::Kind::kStarted, name, "started");
  absl::Status hook = stopper_.PostStart(container, *id);
  if (hook.ok()) return hook;
  ContainerRecord record;
  record.status.set_id(*id);
  *record.status.mutable_metadata() = config.metadata();
  (void)stopper_.StopOne(record, absl::ZeroDuration());  // logs its own errors
  return Fail(Event::Kind::kFailed, name, "PostStartHookError", hook, pass);
}

absl::Status ContainerStarter::CreateRefused(const std::string& name, const absl::Status& error,
                                             SyncPass& pass) {
  // The full text once only: repeated in every pass it would hide all other lines.
  const int count = recorder_.Refused(name, std::string(error.message()));
  if (count == 1) return Fail(Event::Kind::kRefused, name, "refused", error, pass);
  log_.Emit(Event::Kind::kRefused, name,
            absl::StrCat("refused again with the same message (", count, " times now)"));
  pass.Fail(error.message());
  return error;
}

absl::Status ContainerStarter::Fail(Event::Kind kind, const std::string& name, absl::string_view what,
                                    const absl::Status& error, SyncPass& pass) {
  log_.Emit(kind, name, absl::StrCat(what, ": ", error.message()));
  pass.Fail(error.message());
  return error;
}

}  // namespace sidecar_shim::run
