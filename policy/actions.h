// The policy's output: plain values that the driver passes to pending calls and
// to the actuators. The protocol, with the event that answers each action:
//
//   CreateRequested   -> AdmitCreate, RefuseCreate or AnswerCreate, exactly one
//   StartRequested    -> ForwardStart, AnswerStart or FailStart, exactly one
//                        (none of these after CallCancelled)
//   Launch            <- ContainerSeen{by_shim} then ContainerStarted or
//                        StartFailed; or CreateFailed{by_shim}
//   ResumeLaunch      <- ContainerStarted or StartFailed
//   StartProbing      <- ContainerReady; StopProbing follows, or comes before
//   StopSidecar       <- SidecarStopEnded, and ContainerExited as any exit
//   Forget, StopProbing, Note   no answer
#ifndef SIDECAR_SHIM_POLICY_ACTIONS_H_
#define SIDECAR_SHIM_POLICY_ACTIONS_H_

#include <optional>
#include <string>
#include <variant>
#include <vector>

#include "policy/probe_spec.h"
#include "policy/stamp.h"
#include "policy/types.h"

namespace sidecar_shim::policy {

// Forward the create. A stamp goes into the container's annotations; without
// one the request stays byte for byte as it came.
struct AdmitCreate {
  CallId call;
  std::optional<Stamp> stamp;
};

// Fail the create with FAILED_PRECONDITION. remember: keep the request, a Launch
// or a Forget for it follows.
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

// Create and start the container from the request that is kept, which this uses
// up.
struct Launch {
  SandboxId sandbox;
  std::string name;
  std::optional<Stamp> stamp;
};

// An earlier shim created this container ahead of kubelet and may not have
// finished: start it, unless it has started, and do what follows a start.
struct ResumeLaunch {
  ContainerId container;
  bool started = false;
};

// Probe this container until its probes pass.
struct StartProbing {
  ContainerId container;
  SandboxId sandbox;
  std::optional<ProbeSpec> startup;
  std::optional<ProbeSpec> readiness;
};

struct StopProbing {
  ContainerId container;
};

// Drop the request that is kept.
struct Forget {
  SandboxId sandbox;
  std::string name;
};

// Run the preStop hook (if wanted) and StopContainer, both within the grace.
struct StopSidecar {
  ContainerId container;
  Duration grace{0};
  bool run_pre_stop = true;
};

// A decision for operators to read and count.
struct Note {
  enum class Kind {
    kRefused,        // first refusal of a container in a sandbox
    kInversion,      // the order was not kept: a higher priority arrived too late, or a lower one had to go
    kLaunchTimeout,  // held no more although a blocker is not up
    kLaunchAhead,
    kPodComplete,
    kSidecarStop,
    kBadValue,  // a malformed annotation of the shim's own
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

#endif  // SIDECAR_SHIM_POLICY_ACTIONS_H_
