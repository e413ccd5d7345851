#include "shim/run/pod_phase.h"

#include "shim/run/restart_rules.h"

namespace sidecar_shim::run {
namespace {

// A container's state as the API would show it.
enum class State { kWaiting, kWaitingForRestart, kRunning, kTerminated };

State StateOf(const PodModel& model, const ContainerModel& container, const PodStatus& status,
              const std::set<std::string>& waiting) {
  const ContainerRecord* record = status.Find(container.spec.name());
  if (record == nullptr || record->status.state() == cri::CONTAINER_CREATED) return State::kWaiting;
  if (record->running()) return State::kRunning;
  bool failed_to_start = waiting.contains(container.spec.name());
  return failed_to_start && ShouldRestart(model, container, status) ? State::kWaitingForRestart
                                                                    : State::kTerminated;
}

// What getPhase counts.
struct Counts {
  int pending_init = 0;
  int failed_init = 0;
  int running = 0;
  int waiting = 0;
  int stopped = 0;
  int succeeded = 0;
};

void CountInit(const ContainerModel& container, State state, bool zero, Counts& counts) {
  bool native = container.kind == ContainerKind::kNativeSidecar;
  switch (state) {
    case State::kWaiting:
      ++counts.pending_init;
      if (native) ++counts.waiting;
      break;
    case State::kRunning:
      // `run` has no startup probes, so a running native sidecar has started.
      ++(native ? counts.running : counts.pending_init);
      break;
    case State::kWaitingForRestart:
    case State::kTerminated:  // a native sidecar's exit code does not count
      if (!native && !zero) ++counts.failed_init;
      break;
  }
}

void CountRegular(State state, bool zero, Counts& counts) {
  switch (state) {
    case State::kWaiting:
      ++counts.waiting;
      break;
    case State::kRunning:
      ++counts.running;
      break;
    case State::kWaitingForRestart:
      ++counts.stopped;
      break;
    case State::kTerminated:
      ++counts.stopped;
      if (zero) ++counts.succeeded;
      break;
  }
}

}  // namespace

absl::string_view PhaseName(Phase phase) {
  switch (phase) {
    case Phase::kPending:
      return "Pending";
    case Phase::kRunning:
      return "Running";
    case Phase::kSucceeded:
      return "Succeeded";
    case Phase::kFailed:
      return "Failed";
  }
  return "Unknown";
}

Phase ComputePhase(const PodModel& model, const PodStatus& status, const std::set<std::string>& waiting) {
  Counts counts;
  for (const ContainerModel& container : model.init_containers) {
    CountInit(container, StateOf(model, container, status, waiting), ExitedWithZero(status, container),
              counts);
  }
  for (const ContainerModel& container : model.containers) {
    CountRegular(StateOf(model, container, status, waiting), ExitedWithZero(status, container), counts);
  }
  const std::string& policy = model.pod.spec().restartpolicy();
  if (counts.failed_init > 0 && policy == "Never") return Phase::kFailed;
  if (counts.pending_init > 0 || counts.waiting > 0) return Phase::kPending;
  if (counts.running > 0) return Phase::kRunning;
  if (counts.stopped == 0) return Phase::kPending;
  if (policy == "Always") return Phase::kRunning;
  if (counts.stopped == counts.succeeded) return Phase::kSucceeded;
  return policy == "Never" ? Phase::kFailed : Phase::kRunning;
}

}  // namespace sidecar_shim::run
