// All that is known of one pod. Plain data, copied freely by the exploration
// test; the rules in launch_order, gate, completion and termination read it,
// the engine writes it.
#ifndef SIDECAR_SHIM_POLICY_POD_STATE_H_
#define SIDECAR_SHIM_POLICY_POD_STATE_H_

#include <chrono>
#include <map>
#include <optional>
#include <set>
#include <string>
#include <vector>

#include "policy/events.h"
#include "policy/settings.h"
#include "policy/spec.h"
#include "policy/types.h"

namespace sidecar_shim::policy {

// How far the shim's own stop of a sidecar has come.
struct StopProgress {
  enum class Stage { kNone, kUnderWay, kRetryWait };
  Stage stage = Stage::kNone;
  int failures = 0;
  Time retry_at{};
  bool pre_stop_done = false;

  bool operator==(const StopProgress&) const = default;
};

struct ContainerRecord {
  SandboxId sandbox;
  std::string name;
  uint32_t attempt = 0;
  uint64_t sequence = 0;  // the later a container was seen, the larger
  Traits traits;
  int64_t grace_seconds = 30;
  bool pre_stop = false;  // kubelet runs its hook before it calls for its stop
  bool by_shim = false;
  bool start_answered = false;  // kubelet was told that its start succeeded
  RunState state = RunState::kCreated;
  bool started = false;
  int32_t exit_code = 0;
  RuntimeTime finished_at = kNoTime;
  Time exit_seen{};
  Time exited_at{};            // earlier than exit_seen where it was found exited
  bool external_stop = false;  // and has not given up
  std::optional<Time> external_stop_at;
  Duration external_stop_timeout{0};
  // kubelet stopped it to replace its sandbox, or to run the whole pod anew in
  // it: whatever its exit code, it comes again.
  bool killed_for_restart = false;
  bool collected = false;            // gone from the runtime, kept for its exit
  bool exited_before_start = false;  // had ended before this shim came
  bool probing = false;              // by the shim
  StopProgress stop;

  bool operator==(const ContainerRecord&) const = default;
};

// A container that was refused in this sandbox and has not been created since.
struct WaitingContainer {
  Time since{};
  bool remembered = false;
  bool launching = false;
  size_t requested = 0;  // how many of the sandbox's containers kubelet had asked for by the last refusal
  std::vector<CallId> creates;  // calls that wait for the launch under way

  bool operator==(const WaitingContainer&) const = default;
};

struct SandboxRecord {
  uint64_t sequence = 0;
  bool stopping = false;
  // Names of containers that, in this sandbox, ...
  std::set<std::string> ran;              // were started
  std::set<std::string> post_start_done;  // were started and are through with their postStart
  std::set<std::string> ready;            // passed their probes once
  std::set<std::string> ended;            // were started and have ended since
  std::set<std::string> timed_out;        // were held for too long: held no more
  std::set<std::string> requested;        // kubelet has asked for, not in vain as far as is known
  std::set<std::string> not_expected;     // kubelet does not ask for, it seems
  std::map<std::string, WaitingContainer> waiting;

  bool operator==(const SandboxRecord&) const = default;
};

struct HeldStart {
  ContainerId container;
  Time patience{};

  bool operator==(const HeldStart&) const = default;
};

// How soon after the last container's end kubelet stops the sandbox.
inline constexpr Duration kSandboxStopDelay = std::chrono::seconds(5);

struct PodState {
  PodRef ref;
  PodSettings settings;
  Annotations annotations;
  bool job_labels = false;
  bool terminating = false;  // deleted, as a spec source tells
  std::optional<PodSpec> spec;
  std::map<std::string, Traits> arrived;  // what containers brought with their creates
  std::set<std::string> restarted;        // run by kubelet again, it seems because they had failed
  std::map<SandboxId, SandboxRecord> sandboxes;
  std::map<ContainerId, ContainerRecord> containers;
  std::map<CallId, HeldStart> held_starts;

  // Signs that further containers may come (used where the list is unknown).
  Time last_activity{};
  std::multiset<std::string> pulls;
  std::map<std::string, Time> failed_pulls;  // when the last one failed

  std::optional<Time> completed_since;  // when completion was first noticed
  std::optional<Time> stop_began;       // when the first stop was sent

  bool operator==(const PodState&) const = default;

  // The newest container of that name, over all sandboxes; null if none.
  const ContainerRecord* Latest(const std::string& name) const;
  // What is known of a container's own envs: as it arrived, else as planned.
  Traits TraitsOf(const std::string& name) const;
  // True if the container has ended and kubelet is known not to run it again in
  // this pod: by its restart policy, or as a sidecar of a finished job, which
  // is reported as a success.
  bool WillNotRestart(const ContainerRecord& container) const;
  // The same; or it has ended well in a pod of a Job, so that only a policy that
  // no source tells could bring it back.
  bool IsComplete(const ContainerRecord& container) const;
  // Until when it must be taken that somebody (kubelet, most likely) takes this
  // sandbox's containers down; Time::min() where nothing says so. A stop of one
  // container may be the first sign of it, or concern that container alone: the
  // sandbox's own stop shows which, within the pod's grace.
  Time TeardownSuspectedUntil(const SandboxId& sandbox) const;
  // True if any container, planned or seen, asks for order or termination.
  bool ShowsIntent() const;
};

}  // namespace sidecar_shim::policy

#endif  // SIDECAR_SHIM_POLICY_POD_STATE_H_
