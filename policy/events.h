// What the engine is told and what it answers. Both are plain values: the same
// list of (event, time) gives the same list of actions, which is what replay
// tests and the exhaustive exploration rely on.
#ifndef SIDECAR_SHIM_POLICY_EVENTS_H_
#define SIDECAR_SHIM_POLICY_EVENTS_H_

#include <cstdint>
#include <optional>
#include <string>
#include <variant>
#include <vector>

#include "policy/spec.h"
#include "policy/traits.h"
#include "policy/types.h"

namespace sidecar_shim::policy {

enum class RunState { kCreated, kRunning, kExited, kUnknown };

// ---- events ----

// A sandbox was made (RunPodSandbox answered), or was found in the runtime.
struct SandboxSeen {
  PodRef pod;
  SandboxId sandbox;
  Annotations annotations;
  bool job_labels = false;  // carries a Job controller's label
  bool ready = true;
};

// A spec source told what the pod looks like. Replaces an earlier spec.
struct SpecReceived {
  PodRef pod;
  PodSpec spec;
};

// Somebody asks to create a container. Answered by exactly one of AdmitCreate,
// RefuseCreate, AnswerCreate, now or (while a launch is under way) later.
struct CreateRequested {
  CallId call;
  SandboxId sandbox;
  std::string name;
  uint32_t attempt = 0;
  Traits traits;
  Annotations pod_annotations;  // the newest, as sent along with the request
};

// The runtime refused a create; by_shim tells whose create it was.
struct CreateFailed {
  SandboxId sandbox;
  std::string name;
  bool by_shim = false;
};

// A container exists: just created, or found in the runtime (then with its
// state and exit). The last one of a name counts as the newest, unless it was
// found and a later attempt is known in its sandbox: of several that are found
// the oldest come first, after them what has a later attempt.
struct ContainerSeen {
  ContainerId container;
  SandboxId sandbox;
  std::string name;
  uint32_t attempt = 0;
  Traits traits;
  int64_t grace_seconds = 30;
  bool pre_stop = false;  // has a preStop hook
  bool by_shim = false;   // launched ahead
  bool found = false;     // in the runtime, not made just now
  RunState state = RunState::kCreated;
  bool started = false;  // ran at least once
  int32_t exit_code = 0;
  RuntimeTime finished_at = kNoTime;
  Duration exited_ago{0};  // by the runtime's clock; for what is found exited
};

// Somebody asks to start a container. Answered by exactly one of ForwardStart,
// AnswerStart, FailStart, now or later, by `patience` at the latest.
struct StartRequested {
  CallId call;
  ContainerId container;
  Time patience{};
};

struct ContainerStarted {
  ContainerId container;
};

// The container's startup and readiness probes have passed.
struct ContainerReady {
  ContainerId container;
  // Found by kubelet, which says so only once the postStart hook is over; else
  // by the shim's own probes.
  bool by_kubelet = false;
};

// The container's postStart hook has returned well.
struct PostStartReturned {
  ContainerId container;
};

// A start failed in the runtime.
struct StartFailed {
  ContainerId container;
  std::string error;
};

struct ContainerExited {
  ContainerId container;
  int32_t exit_code = 0;
  RuntimeTime finished_at = kNoTime;
  // As ContainerStatus tells it, which is what kubelet goes by. A runtime that
  // crashes may lose the exit that its event has told, and make one up.
  bool recorded = false;
};

struct ContainerGone {
  ContainerId container;
};

// The caller of a waiting request has gone away.
struct CallCancelled {
  CallId call;
};

// kubelet or a person (not the shim) stops a container, and kills it after
// `timeout`.
struct ExternalStopStarted {
  ContainerId container;
  Duration timeout{0};
};

// The call that stopped it is over. Not ok: it failed or was given up, and
// nobody is at it any more.
struct ExternalStopEnded {
  ContainerId container;
  bool ok = false;
};

// Somebody has deleted the pod: kubelet takes it down, at its own pace.
struct PodTerminating {
  PodRef pod;
};

struct SandboxStopping {
  SandboxId sandbox;
};

struct SandboxGone {
  SandboxId sandbox;
};

// An image pull of the pod began / ended.
struct PullStarted {
  PodRef pod;
  std::string image;
};

struct PullEnded {
  PodRef pod;
  std::string image;
  bool ok = false;
};

// The actuator's report on a StopSidecar action.
struct SidecarStopEnded {
  ContainerId container;
  bool ok = false;
  bool pre_stop_ran = false;
};

// Time has passed; sent at NextWakeup().
struct Tick {};

using Event =
    std::variant<SandboxSeen, SpecReceived, CreateRequested, CreateFailed, ContainerSeen, StartRequested,
                 ContainerStarted, ContainerReady, PostStartReturned, StartFailed, ContainerExited,
                 ContainerGone, CallCancelled, ExternalStopStarted, ExternalStopEnded, PodTerminating,
                 SandboxStopping, SandboxGone, PullStarted, PullEnded, SidecarStopEnded, Tick>;

// ---- actions ----

// Forward the create. Non-empty stamps go into the container's annotations, so
// that a later shim knows what this one knew.
struct AdmitCreate {
  CallId call;
  Annotations stamps;
};

// Refuse the create with FAILED_PRECONDITION. remember: keep the request, a
// Launch for it may follow.
struct RefuseCreate {
  CallId call;
  std::string message;
  bool remember = false;
};

// Answer the create with a container that exists already.
struct AnswerCreate {
  CallId call;
  ContainerId container;
};

struct ForwardStart {
  CallId call;
};

// Answer the start with success: the container runs already.
struct AnswerStart {
  CallId call;
};

struct FailStart {
  CallId call;
  std::string message;
};

// Create and start the remembered request of this container. Reported back by
// ContainerSeen{by_shim} or CreateFailed{by_shim}, then ContainerStarted or
// StartFailed.
struct Launch {
  SandboxId sandbox;
  std::string name;
  Annotations stamps;
};

// An earlier shim created this container ahead of kubelet and may not have come
// to the end of it: start it, unless it has started, and do what follows a start.
struct ResumeLaunch {
  ContainerId container;
  bool started = false;
};

// Probe this container until it passes or StopProbing comes. Reported back by
// ContainerReady.
struct StartProbing {
  ContainerId container;
  SandboxId sandbox;
  std::optional<ProbeSpec> startup;
  std::optional<ProbeSpec> readiness;
};

struct StopProbing {
  ContainerId container;
};

// Drop the remembered request.
struct Forget {
  SandboxId sandbox;
  std::string name;
};

// Run the preStop hook (if wanted) and StopContainer, both within grace.
// Reported back by SidecarStopEnded.
struct StopSidecar {
  ContainerId container;
  Duration grace{0};
  bool run_pre_stop = true;
};

// Something an operator wants to read and count.
struct Note {
  enum class Kind {
    kRefused,        // first refusal of a container in a sandbox
    kInversion,      // a higher priority arrived after a lower one had started
    kLaunchTimeout,  // let through although a blocker is not up
    kLaunchAhead,
    kPodComplete,
    kSidecarStop,
    kBadValue,  // a malformed annotation of ours
  };
  Kind kind;
  PodRef pod;
  std::string container;
  std::string text;
};

using Action = std::variant<AdmitCreate, RefuseCreate, AnswerCreate, ForwardStart, AnswerStart, FailStart,
                            Launch, ResumeLaunch, StartProbing, StopProbing, Forget, StopSidecar, Note>;
using Actions = std::vector<Action>;

}  // namespace sidecar_shim::policy

#endif  // SIDECAR_SHIM_POLICY_EVENTS_H_
