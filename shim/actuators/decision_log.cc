#include "shim/actuators/decision_log.h"

#include <spdlog/spdlog.h>

#include "shim/cri/convert.h"

namespace sidecar_shim {
namespace {

struct Kind {
  const char* counter;
  const char* what;
  spdlog::level::level_enum level;
};

Kind Explain(policy::Note::Kind kind) {
  switch (kind) {
    case policy::Note::Kind::kRefused:
      return {"containers_held", "container held back", spdlog::level::info};
    case policy::Note::Kind::kInversion:
      return {"order_inversions", "launch order inverted", spdlog::level::warn};
    case policy::Note::Kind::kLaunchTimeout:
      return {"launch_timeouts", "launch timeout, container let through", spdlog::level::warn};
    case policy::Note::Kind::kLaunchAhead:
      return {"launches_ahead", "container launched ahead of kubelet", spdlog::level::info};
    case policy::Note::Kind::kPodComplete:
      return {"pods_completed", "job pod complete", spdlog::level::info};
    case policy::Note::Kind::kSidecarStop:
      return {"sidecar_stops", "stopping sidecar", spdlog::level::info};
    case policy::Note::Kind::kBadValue:
      return {"bad_annotations", "malformed annotation ignored", spdlog::level::warn};
  }
  return {"notes", "note", spdlog::level::info};
}

}  // namespace

void CountingDecisionLog::Record(const policy::Note& note) {
  const Kind kind = Explain(note.kind);
  counters_.Add(kind.counter);
  spdlog::log(kind.level, "{}: pod={} container={}: {}", kind.what, Describe(note.pod),
              note.container.empty() ? "-" : note.container, note.text);
}

}  // namespace sidecar_shim
