// The policy's input: plain values. The same list of (event, time) gives
// the same list of actions, which the replay test and the exploration rely on.
//
//   sent by            events
//   spec resolver      SpecReceived, PodTerminating, ContainerReady{by_kubelet}
//   call handlers      SandboxSeen, SandboxStopping, SandboxGone,
//                      CreateRequested, CreateFailed, ContainerSeen,
//                      StartRequested, ContainerStarted, StartFailed,
//                      ExternalStopStarted, ExternalStopEnded, ContainerGone,
//                      PullStarted, PullEnded, PostStartReturned
//   reconciler,        SandboxSeen, ContainerSeen{found}, SpecReceived from a
//   exit watcher       stamp, ContainerStarted, ContainerExited, ContainerGone,
//                      SandboxGone
//   actuators          ContainerSeen{by_shim}, CreateFailed{by_shim},
//                      ContainerStarted, StartFailed, ContainerReady,
//                      SidecarStopEnded, ContainerExited
//   driver             Tick, CallCancelled
//
// An event about a pod, sandbox or container that is not known is dropped; a call
// about one is answered as if the shim were not there.
#ifndef SIDECAR_SHIM_POLICY_EVENTS_H_
#define SIDECAR_SHIM_POLICY_EVENTS_H_

#include <cstdint>
#include <string>
#include <variant>

#include "policy/run_state.h"
#include "policy/spec.h"
#include "policy/traits.h"
#include "policy/types.h"

namespace sidecar_shim::policy {

// A sandbox was created (RunPodSandbox returned), or was found in the runtime.
struct SandboxSeen {
  PodRef pod;
  SandboxId sandbox;
  Annotations annotations;
  bool job_labels = false;  // carries a label of the Job controller
  bool ready = true;
};

// A spec source knows the pod. Replaces an earlier spec, unless one of the two is
// a stamp that has more, or no more, to say.
struct SpecReceived {
  PodRef pod;
  PodSpec spec;
};

// kubelet or crictl calls CreateContainer.
struct CreateRequested {
  CallId call;
  SandboxId sandbox;
  std::string name;
  uint32_t attempt = 0;
  Traits traits;
  Annotations pod_annotations;  // the newest, as sent along with the request
};

// The runtime failed a create; by_shim: it was the shim's own.
struct CreateFailed {
  SandboxId sandbox;
  std::string name;
  bool by_shim = false;
};

// A container exists: just created, or found in the runtime (then with its
// state and exit). The last one of a name counts as the newest, unless it was
// found and a later attempt is known in its sandbox: of several that are found
// the oldest are reported first, and last the one with the latest attempt.
struct ContainerSeen {
  ContainerId container;
  SandboxId sandbox;
  std::string name;
  uint32_t attempt = 0;
  Traits traits;
  int64_t grace_seconds = 30;
  bool pre_stop = false;  // has a preStop hook
  bool by_shim = false;   // launched ahead of kubelet
  bool found = false;     // in the runtime, not created just now
  RunState state = RunState::kCreated;
  bool started = false;  // ran at least once
  int32_t exit_code = 0;
  RuntimeTime finished_at = kNoTime;
  Duration exited_ago{0};  // by the runtime's clock; where found exited
};

// kubelet or crictl calls StartContainer. Answered by `deadline` at the
// latest.
struct StartRequested {
  CallId call;
  ContainerId container;
  Time deadline{};
};

struct ContainerStarted {
  ContainerId container;
};

// The container's startup and readiness probes have passed.
struct ContainerReady {
  ContainerId container;
  // Reported by kubelet, which does so only once the postStart hook has
  // returned; otherwise found by the shim's own probes.
  bool by_kubelet = false;
};

// The container's postStart hook has returned successfully.
struct PostStartReturned {
  ContainerId container;
};

// The runtime failed a start.
struct StartFailed {
  ContainerId container;
  std::string error;
};

struct ContainerExited {
  ContainerId container;
  int32_t exit_code = 0;
  RuntimeTime finished_at = kNoTime;
  // As ContainerStatus reports it, which is what kubelet acts on. A runtime that
  // crashes may lose the exit that its event has reported, and report another.
  bool recorded = false;
};

struct ContainerGone {
  ContainerId container;
};

// The caller has cancelled a call that waits.
struct CallCancelled {
  CallId call;
};

// kubelet or crictl (not the shim) calls StopContainer; the runtime kills the
// container after `timeout`.
struct ExternalStopStarted {
  ContainerId container;
  Duration timeout{0};
};

// That call is over. Not ok: it failed or was cancelled.
struct ExternalStopEnded {
  ContainerId container;
  bool ok = false;
};

// The pod has been deleted; kubelet terminates it at its own pace.
struct PodTerminating {
  PodRef pod;
};

struct SandboxStopping {
  SandboxId sandbox;
};

struct SandboxGone {
  SandboxId sandbox;
};

struct PullStarted {
  PodRef pod;
  std::string image;
};

struct PullEnded {
  PodRef pod;
  std::string image;
  bool ok = false;
};

// The stopper's report on a StopSidecar action.
struct SidecarStopEnded {
  ContainerId container;
  bool ok = false;
  bool pre_stop_ran = false;
};

// Time has passed; sent at Engine::NextWakeup().
struct Tick {};

using Event =
    std::variant<SandboxSeen, SpecReceived, CreateRequested, CreateFailed, ContainerSeen, StartRequested,
                 ContainerStarted, ContainerReady, PostStartReturned, StartFailed, ContainerExited,
                 ContainerGone, CallCancelled, ExternalStopStarted, ExternalStopEnded, PodTerminating,
                 SandboxStopping, SandboxGone, PullStarted, PullEnded, SidecarStopEnded, Tick>;

}  // namespace sidecar_shim::policy

#endif  // SIDECAR_SHIM_POLICY_EVENTS_H_
