// A pod on a bench: an Engine, a clock, and a record of what the runtime would
// hold, moved by short scripts, so that a scenario is one line of a table:
//
//   Bench bench({Main("app"), Sidecar("proxy", 10)}, RestartPolicy::kNever);
//   bench.Run("app:refused proxy:runs launch:app app:exit=0 stop:proxy");
//
// Words of a script (c = container name):
//   c:refused   kubelet's create is refused         c:runs     created and started (or adopted)
//   c:created   created, not started                c:starts   the start of a created one goes through
//   c:held      the start has no answer yet         c:answered the oldest held start has succeeded
//   c:failed    the oldest held start was refused   c:exit=N   it ends with exit code N
//   c:crash     ends with 1, kubelet kills it       c:gone     its container is removed
//   launch:c    the shim launches c, which runs     idle       no launch and no stop is pending
//   stop:a,b    stops were sent for exactly these   nostop     none was sent
//   ended:c=N   a stopped one ends with N           stopfails:c the stop failed
//   masked:c    its exit is reported as success     plain:c    it is reported unchanged
//   note:TEXT   a note of that kind was made        newshim    the shim restarts
//   c:ready     its probes have passed               probe:a,b  the shim probes exactly these
//   +5s         time passes                         newsandbox the sandbox is replaced, all die
//   c:stopped-by-caller, c:stop-cancelled           deleted    the pod is being deleted
//   newshim:nospec  the shim restarts, and only the containers' stamps have the pod's spec
#ifndef SIDECAR_SHIM_TESTS_POLICY_BENCH_H_
#define SIDECAR_SHIM_TESTS_POLICY_BENCH_H_

#include <cstdint>
#include <map>
#include <optional>
#include <set>
#include <string>
#include <vector>

#include "absl/strings/string_view.h"
#include "policy/engine.h"

namespace sidecar_shim::policy {

// The n-th nanosecond of the runtime's clock.
inline RuntimeTime At(int64_t nanoseconds) { return RuntimeTime(Duration(nanoseconds)); }

ContainerSpec Main(const std::string& name, std::optional<int64_t> priority = std::nullopt);
ContainerSpec Sidecar(const std::string& name, std::optional<int64_t> priority = std::nullopt);
ContainerSpec WithPriorityEnv(const std::string& name, absl::string_view value);

// The actions of one kind, in order.
template <typename T>
std::vector<T> Only(const Actions& actions) {
  std::vector<T> result;
  for (const Action& action : actions) {
    if (const T* specific = std::get_if<T>(&action)) result.push_back(*specific);
  }
  return result;
}

struct RuntimeContainer {
  ContainerId id;
  SandboxId sandbox;
  std::string name;
  uint32_t attempt = 0;
  bool by_shim = false;
  RunState state = RunState::kCreated;
  bool started = false;
  int32_t exit_code = 0;
  RuntimeTime finished_at = kNoTime;
};

class Bench {
 public:
  // A pod of job labels or not, whose sandbox and spec the engine has just received.
  Bench(std::vector<ContainerSpec> containers, RestartPolicy policy, Annotations annotations = {},
        Options options = {});
  // A pod that no spec source knows.
  static Bench WithoutSpec(std::vector<ContainerSpec> containers, bool job_labels, Options options = {});

  void Run(absl::string_view script);

  Actions Send(const Event& event);
  // Sends a CreateRequested and returns the resulting actions.
  Actions Create(const std::string& name, uint32_t attempt = 0);
  void Pass(Duration duration);

  Engine& engine() { return engine_; }
  Time now() const { return now_; }
  const PodRef& pod() const { return pod_; }
  const SandboxId& sandbox() const { return sandbox_; }
  const std::vector<Note>& notes() const { return notes_; }
  const std::map<ContainerId, Duration>& graces() const { return graces_; }
  // The newest container of that name in the runtime; fails the test if none.
  RuntimeContainer& Container(const std::string& name);
  // The message of the last refusal.
  const std::string& refusal() const { return refusal_; }
  Traits TraitsOf(const std::string& name) const;
  RuntimeTime RuntimeNow() const { return At(1'000'000'000'000) + now_.time_since_epoch(); }
  void set_grace_seconds(int64_t seconds) { grace_seconds_ = seconds; }
  void set_pre_stop(const std::string& name) { pre_stop_.insert(name); }

 private:
  Bench(std::vector<ContainerSpec> containers, Annotations annotations, bool job_labels,
        std::optional<RestartPolicy> policy, Options options);

  void ReportAll();          // what exists, as after a start of the shim
  void ReportWithoutSpec();  // the same, with stamps only
  void Step(absl::string_view subject, absl::string_view verb);
  ContainerSeen Describe(const RuntimeContainer& container, bool found) const;
  RuntimeContainer& Add(const std::string& name, uint32_t attempt, bool by_shim);
  std::string CreateAnswer(const std::string& name);
  void CreateAndMaybeStart(const std::string& name, bool start);
  void Start(const std::string& name);
  void Launched(const std::string& name);
  void Ended(const std::string& name, int32_t code);
  void ExpectStops(absl::string_view names);
  void ReplaceSandbox();

  Options options_;
  Engine engine_;
  Time now_{std::chrono::hours(1)};
  PodRef pod_{"default", "pod", "uid-1"};
  SandboxId sandbox_ = "sandbox-0";
  Annotations annotations_;
  bool job_labels_;
  std::vector<ContainerSpec> containers_;
  std::optional<PodSpec> spec_;
  int64_t grace_seconds_ = 30;
  std::set<std::string> pre_stop_;  // whose containers have a preStop hook

  uint64_t next_call_ = 1;
  int sandboxes_ = 1;
  std::vector<RuntimeContainer> runtime_;
  std::vector<CallId> answered_starts_, failed_starts_;
  std::vector<std::pair<std::string, CallId>> held_;
  std::set<ContainerId> probing_;
  std::vector<std::string> launches_, stops_;
  std::map<std::string, std::optional<Stamp>> stamps_;  // of the newest container of a name
  std::map<ContainerId, Duration> graces_;
  std::vector<Note> notes_;
  std::string refusal_;
};

}  // namespace sidecar_shim::policy

#endif  // SIDECAR_SHIM_TESTS_POLICY_BENCH_H_
