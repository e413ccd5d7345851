#include "shim/run/timeline.h"

#include <algorithm>

#include "absl/strings/str_cat.h"
#include "absl/time/clock.h"

namespace sidecar_shim::run {
namespace {

std::string RoleOf(const ContainerModel& container) {
  switch (container.kind) {
    case ContainerKind::kInit:
      return "init";
    case ContainerKind::kNativeSidecar:
      return "native";
    case ContainerKind::kRegular:
      break;
  }
  return container.traits.sidecar ? "sidecar" : "main";
}

TimelineRow RowOf(const ContainerModel& container) {
  TimelineRow row;
  row.name = container.spec.name();
  row.role = RoleOf(container);
  bool ordered = container.kind == ContainerKind::kRegular;
  bool has_priority =
      container.traits.priority.kind == policy::Priority::Kind::kValue || container.priority != 0;
  if (ordered && has_priority) row.priority = absl::StrCat(container.priority);
  return row;
}

}  // namespace

bool Happened(absl::Time time) { return time != absl::InfinitePast(); }

TimelineRecorder::TimelineRecorder(const PodModel& model, absl::Time start) {
  std::lock_guard lock(mutex_);
  timeline_.name_space = model.name_space();
  timeline_.pod = model.name();
  timeline_.uid = model.uid();
  timeline_.start = start;
  for (const std::vector<ContainerModel>* list : {&model.init_containers, &model.containers}) {
    for (const ContainerModel& container : *list) timeline_.rows.push_back(RowOf(container));
  }
}

int TimelineRecorder::Refused(const std::string& container, const std::string& text) {
  std::lock_guard lock(mutex_);
  std::vector<Attempt>& attempts = attempts_[container];
  if (attempts.empty() || !attempts.back().id.empty()) {
    attempts.emplace_back();
    attempts.back().first_refused = absl::Now();
    attempts.back().number = attempts.size() < 2 ? 0 : attempts[attempts.size() - 2].number + 1;
    same_refusals_[container] = 0;
  }
  Attempt& attempt = attempts.back();
  if (attempt.refusal != text) same_refusals_[container] = 0;
  attempt.refusal = text;
  ++attempt.refusals;
  return ++same_refusals_[container];
}

void TimelineRecorder::CreatedHere(const std::string& id) {
  std::lock_guard lock(mutex_);
  created_here_.insert(id);
}

Attempt& TimelineRecorder::AttemptOf(const ContainerRecord& record) {
  std::vector<Attempt>& attempts = attempts_[record.name()];
  for (Attempt& attempt : attempts) {
    if (attempt.id == record.status.id()) return attempt;
  }
  // The refusals so far were for this container.
  if (attempts.empty() || !attempts.back().id.empty()) attempts.emplace_back();
  Attempt& attempt = attempts.back();
  attempt.id = record.status.id();
  attempt.number = record.status.metadata().attempt();
  return attempt;
}

std::vector<TimelineRecorder::Change> TimelineRecorder::Observe(const PodStatus& status) {
  std::lock_guard lock(mutex_);
  std::vector<Change> changes;
  // Oldest first, so that attempts and changes are in chronological order.
  for (auto it = status.containers.rbegin(); it != status.containers.rend(); ++it) {
    const ContainerRecord& record = *it;
    Attempt& attempt = AttemptOf(record);
    attempt.created = FromRuntime(record.status.created_at());
    attempt.started = FromRuntime(record.status.started_at());
    attempt.finished = FromRuntime(record.status.finished_at());
    attempt.exited = record.exited();
    attempt.exit_code = record.real.exit_code;
    attempt.reported = record.status.exit_code();
    attempt.masked = record.real.masked;
    attempt.reason = record.status.reason();
    Seen& seen = seen_[record.status.id()];
    bool ran = record.running() || (record.exited() && record.status.started_at() != 0);
    if (ran && !seen.running) {
      seen.running = true;
      if (created_here_.count(record.status.id()) == 0) changes.push_back({Change::Kind::kAdopted, record});
    }
    if (record.exited() && !seen.exited) {
      seen.exited = true;
      changes.push_back({Change::Kind::kExited, record});
    }
  }
  return changes;
}

Timeline TimelineRecorder::Snapshot(absl::string_view phase, absl::Time end) const {
  std::lock_guard lock(mutex_);
  Timeline timeline = timeline_;
  timeline.phase = std::string(phase);
  timeline.end = end;
  for (TimelineRow& row : timeline.rows) {
    auto it = attempts_.find(row.name);
    if (it == attempts_.end()) continue;
    row.attempts = it->second;
    for (Attempt& attempt : row.attempts) {
      attempt.adopted = !attempt.id.empty() && created_here_.count(attempt.id) == 0;
    }
  }
  return timeline;
}

}  // namespace sidecar_shim::run
