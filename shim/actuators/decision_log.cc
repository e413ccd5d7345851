#include "shim/actuators/decision_log.h"

#include <spdlog/spdlog.h>

#include "shim/cri/convert.h"

namespace sidecar_shim {
namespace {

struct LoggedDecision {
  Counter Counters::*counter;
  const char* text;
  spdlog::level::level_enum level;
};

LoggedDecision ToLogged(policy::Note::Kind kind) {
  switch (kind) {
    case policy::Note::Kind::kRefused:
      return {&Counters::containers_held, "container held back", spdlog::level::info};
    case policy::Note::Kind::kInversion:
      return {&Counters::order_inversions, "launch order inverted", spdlog::level::warn};
    case policy::Note::Kind::kLaunchTimeout:
      return {&Counters::launch_timeouts, "launch timeout, container admitted", spdlog::level::warn};
    case policy::Note::Kind::kLaunchAhead:
      return {&Counters::launches_ahead, "container launched ahead of kubelet", spdlog::level::info};
    case policy::Note::Kind::kPodComplete:
      return {&Counters::pods_completed, "job pod complete", spdlog::level::info};
    case policy::Note::Kind::kSidecarStop:
      return {&Counters::sidecar_stops, "stopping sidecar", spdlog::level::info};
    case policy::Note::Kind::kBadValue:
      break;
  }
  return {&Counters::malformed_annotations, "malformed annotation ignored", spdlog::level::warn};
}

}  // namespace

void CountingDecisionLog::Record(const policy::Note& note) {
  const LoggedDecision decision = ToLogged(note.kind);
  (counters_.*decision.counter).Add();
  spdlog::log(decision.level, "{}: pod={} container={}: {}", decision.text, Describe(note.pod),
              note.container.empty() ? "-" : note.container, note.text);
}

}  // namespace sidecar_shim
