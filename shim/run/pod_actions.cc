#include "shim/run/pod_actions.h"

#include <algorithm>

#include "shim/run/restart_rules.h"

namespace sidecar_shim::run {
namespace {

// kubelet's PodSandboxChanged: a new sandbox is needed unless exactly one is ready, the newest.
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

// True once the regular containers may start.
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

}  // namespace sidecar_shim::run
