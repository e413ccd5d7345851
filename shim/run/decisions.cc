#include "shim/run/decisions.h"

#include <algorithm>

#include "absl/strings/numbers.h"
#include "shim/run/pod_config.h"

namespace sidecar_shim::run {
namespace {

// A container's state as the API would show it.
enum class State { kWaiting, kWaitingAgain, kRunning, kTerminated };

State StateOf(const PodModel& model, const ContainerModel& container, const PodStatus& status,
              const std::set<std::string>& waiting) {
  const ContainerRecord* record = status.Find(container.spec.name());
  if (record == nullptr || record->status.state() == cri::CONTAINER_CREATED) return State::kWaiting;
  if (record->running()) return State::kRunning;
  bool failed_to_start = waiting.count(container.spec.name()) > 0;
  return failed_to_start && ShouldRestart(model, container, status) ? State::kWaitingAgain
                                                                    : State::kTerminated;
}

bool ExitedWithZero(const PodStatus& status, const ContainerModel& container) {
  const ContainerRecord* record = status.Find(container.spec.name());
  return record != nullptr && record->exited() && record->status.exit_code() == 0;
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
      // There are no startup probes here, so a native sidecar that runs has started.
      ++(native ? counts.running : counts.pending_init);
      break;
    case State::kWaitingAgain:
    case State::kTerminated:  // how a native sidecar ends does not matter
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
    case State::kWaitingAgain:
      ++counts.stopped;
      break;
    case State::kTerminated:
      ++counts.stopped;
      if (zero) ++counts.succeeded;
      break;
  }
}

// A sandbox has to be made unless exactly one is ready, the newest.
bool SandboxChanged(const PodModel& model, const PodStatus& status, uint32_t& attempt) {
  attempt = 0;
  if (status.sandboxes.empty()) return true;
  const cri::PodSandboxStatus& newest = status.sandboxes.front();
  attempt = newest.metadata().attempt() + 1;
  auto ready = std::count_if(status.sandboxes.begin(), status.sandboxes.end(),
                             [](const auto& sandbox) { return sandbox.state() == cri::SANDBOX_READY; });
  if (ready > 1 || newest.state() != cri::SANDBOX_READY) return true;
  bool host_network = model.pod.spec().hostnetwork();
  if (!host_network && newest.has_network() && newest.network().ip().empty()) return true;
  attempt = newest.metadata().attempt();
  return false;
}

void ActionsWithoutSandbox(const PodModel& model, const PodStatus& status, PodActions& actions) {
  actions.kill_pod = true;
  bool never = model.pod.spec().restartpolicy() == "Never";
  if (never && actions.sandbox_attempt != 0 && !status.containers.empty()) return;
  bool on_failure = model.pod.spec().restartpolicy() == "OnFailure";
  for (const ContainerModel& container : model.containers) {
    if (on_failure && ExitedWithZero(status, container)) continue;
    actions.to_start.push_back(&container);
  }
  if (actions.to_start.empty()) return;
  actions.create_sandbox = true;
  if (model.init_containers.empty()) return;
  actions.init_to_start.push_back(&model.init_containers.front());
  actions.to_start.clear();
}

// True once the regular containers' turn has come.
bool ActionsForInit(const PodModel& model, const PodStatus& status, PodActions& actions) {
  bool initialized =
      std::any_of(model.containers.begin(), model.containers.end(),
                  [&](const ContainerModel& c) { return status.Find(c.spec.name()) != nullptr; });
  for (const ContainerModel& container : model.init_containers) {
    const ContainerRecord* record = status.Find(container.spec.name());
    bool running = record != nullptr && record->running();
    if (container.kind == ContainerKind::kNativeSidecar) {
      if (running) continue;
      actions.init_to_start.push_back(&container);
      if (!initialized && record == nullptr) return false;
      continue;
    }
    if (initialized || ExitedWithZero(status, container)) continue;
    if (running) return false;
    bool failed = record != nullptr && record->exited();
    if (failed && model.pod.spec().restartpolicy() == "Never") {
      actions.kill_pod = true;
      actions.init_to_start.clear();
      return false;
    }
    actions.init_to_start.push_back(&container);
    return false;
  }
  return initialized || actions.init_to_start.empty();
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

bool ShouldRestart(const PodModel& model, const ContainerModel& container, const PodStatus& status) {
  const ContainerRecord* record = status.Find(container.spec.name());
  if (record == nullptr) return true;
  if (record->running()) return false;
  if (!record->exited()) return true;
  // A container's own policy (KEP-5307) counts more than the pod's.
  const std::string& own = container.spec.restartpolicy();
  const std::string& policy = own.empty() ? model.pod.spec().restartpolicy() : own;
  if (policy == "Never") return false;
  return policy != "OnFailure" || record->status.exit_code() != 0;
}

PodActions ComputeActions(const PodModel& model, const PodStatus& status) {
  PodActions actions;
  if (SandboxChanged(model, status, actions.sandbox_attempt)) {
    ActionsWithoutSandbox(model, status, actions);
    return actions;
  }
  if (!ActionsForInit(model, status, actions) || actions.kill_pod) return actions;
  bool kept = false;
  for (const ContainerModel& container : model.containers) {
    const ContainerRecord* record = status.Find(container.spec.name());
    if (record != nullptr && record->running()) {
      kept = true;
    } else if (ShouldRestart(model, container, status)) {
      actions.to_start.push_back(&container);
    }
  }
  if (!kept && actions.to_start.empty()) {
    actions.kill_pod = true;
    actions.init_to_start.clear();
  }
  return actions;
}

uint32_t NextAttempt(const PodStatus& status, absl::string_view name) {
  const ContainerRecord* record = status.Find(name);
  if (record == nullptr) return 0;
  uint32_t count = record->status.metadata().attempt();
  auto annotation = record->status.annotations().find(kRestartCountAnnotation);
  if (annotation != record->status.annotations().end()) (void)absl::SimpleAtoi(annotation->second, &count);
  return count + 1;
}

}  // namespace sidecar_shim::run
