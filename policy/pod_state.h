// All that is known of one pod: data only, copied freely by the exploration
// test. The transitions write it, the rules and queries read it, settle takes
// out of it what is to be done.
#ifndef SIDECAR_SHIM_POLICY_POD_STATE_H_
#define SIDECAR_SHIM_POLICY_POD_STATE_H_

#include <cstddef>
#include <cstdint>
#include <map>
#include <optional>
#include <set>
#include <string>
#include <utility>
#include <vector>

#include "policy/run_state.h"
#include "policy/settings.h"
#include "policy/spec.h"
#include "policy/types.h"

namespace sidecar_shim::policy {

// ---- containers ----

// How far the shim's own stop of a sidecar has come.
struct StopProgress {
  enum class Stage { kNone, kInProgress, kRetryWait };
  Stage stage = Stage::kNone;
  int failures = 0;
  Time retry_at{};
  bool pre_stop_done = false;

  bool operator==(const StopProgress&) const = default;
};

struct Exit {
  int32_t code = 0;
  RuntimeTime finished_at = kNoTime;
  Time observed_at{};        // when the policy received the event
  Time happened_at{};        // earlier than that for a container that was found exited
  bool before_shim = false;  // it was found exited

  bool operator==(const Exit&) const = default;
};

// A StopContainer call of kubelet or crictl, not of the shim.
struct ExternalStop {
  Time at{};
  Duration timeout{0};
  // The call has neither failed nor been cancelled: kubelet is still stopping the
  // container. (The runtime has sent the signal in either case.)
  bool in_force = true;

  bool operator==(const ExternalStop&) const = default;
};

struct ContainerRecord {
  SandboxId sandbox;
  std::string name;
  uint32_t attempt = 0;
  uint64_t sequence = 0;  // grows with each container that is seen; 0 = an outdated one, found late
  Traits traits;
  int64_t grace_seconds = 30;
  bool pre_stop = false;        // has a preStop hook, which kubelet runs before it calls StopContainer
  bool by_shim = false;         // created ahead of kubelet
  bool start_answered = false;  // kubelet has an answer to its StartContainer
  bool resume_launch = false;   // an earlier shim created it; its launch is to be finished
  RunState state = RunState::kCreated;
  bool started = false;      // ran at least once
  std::optional<Exit> exit;  // set exactly while state is kExited
  std::optional<ExternalStop> external_stop;
  // kubelet stopped it in order to replace its sandbox or to restart the whole
  // pod in place: it restarts whatever its exit code.
  bool killed_for_restart = false;
  bool collected = false;  // removed from the runtime, kept here for its exit
  StopProgress stop;

  bool StopInForce() const { return external_stop && external_stop->in_force; }

  bool operator==(const ContainerRecord&) const = default;
};

// ---- sandboxes ----

// A create that was refused and has not been admitted since.
struct HeldCreate {
  Time since{};
  bool remembered = false;  // the launcher has the request and may launch it
  bool launching = false;   // the shim is creating it
  // How many containers kubelet had requested by the last refusal.
  size_t requested_by_then = 0;
  std::vector<CallId> joined = {};  // creates that wait for the launch in progress

  bool operator==(const HeldCreate&) const = default;
};

// How far the container of one name has come in one sandbox.
struct LaunchProgress {
  enum class Stage { kNeverStarted, kStarted, kEnded };  // kEnded: started once, and ended since
  Stage stage = Stage::kNeverStarted;
  bool ready = false;            // its startup and readiness probes have passed once
  bool post_start_done = false;  // its postStart hook has returned
  bool requested = false;        // kubelet has requested its create, which has not failed
  bool not_expected = false;     // kubelet seems not to request it in this sandbox
  bool timed_out = false;        // was held for the launch timeout: its gate is open
  std::optional<HeldCreate> held;

  bool started() const { return stage != Stage::kNeverStarted; }

  bool operator==(const LaunchProgress&) const = default;
};

struct SandboxRecord {
  uint64_t sequence = 0;
  bool stopping = false;                           // StopPodSandbox was called, or it was found not ready
  std::map<std::string, LaunchProgress> progress;  // by container name

  bool operator==(const SandboxRecord&) const = default;
};

// ---- calls ----

// A StartContainer that has no answer yet.
struct HeldStart {
  ContainerId container;
  Time deadline{};
  std::optional<std::string> error;  // the start that it waited for has failed

  bool operator==(const HeldStart&) const = default;
};

// A joined create whose launch is over.
struct JoinedReply {
  CallId call;
  SandboxId sandbox;
  std::string name;
  std::optional<ContainerId> container;  // absent: the launch failed, the call is forwarded

  bool operator==(const JoinedReply&) const = default;
};

// A request that the launcher keeps.
using RequestKey = std::pair<SandboxId, std::string>;

// ---- the pod ----

struct PodState {
  PodRef ref;
  PodSettings settings;
  Annotations annotations;
  bool job_labels = false;
  bool terminating = false;  // deleted, as a spec source reports
  std::optional<PodSpec> spec;
  std::map<std::string, Traits> arrived;  // from the containers' CreateContainer requests
  std::set<std::string> restarted;        // containers that kubelet restarted after a failure, as it seems
  std::map<SandboxId, SandboxRecord> sandboxes;
  std::map<ContainerId, ContainerRecord> containers;
  std::map<CallId, HeldStart> held_starts;

  // Signs that more containers may be created (used where the list is unknown).
  Time last_activity{};
  std::multiset<std::string> pulls;          // in progress, by image
  std::map<std::string, Time> failed_pulls;  // when the last one failed, by image

  std::optional<Time> completed_since;  // when completion was first noticed
  std::optional<Time> stop_began;       // when the first stop was sent

  // What the actuators have been given, for settle to compare with what is
  // wanted.
  std::set<ContainerId> probing;
  std::set<RequestKey> kept_requests;
  // What transitions leave for settle to report.
  std::vector<JoinedReply> joined_replies;
  std::vector<std::string> warnings;  // about malformed annotations

  bool operator==(const PodState&) const = default;
};

// The first violated invariant as a sentence, "" if all hold. For tests and the
// exploration, which call it after every event; policy/README.md lists them.
std::string CheckInvariants(const PodState& pod);

}  // namespace sidecar_shim::policy

#endif  // SIDECAR_SHIM_POLICY_POD_STATE_H_
