// A small abstract node around one policy::Engine: a kubelet that works through
// one pod, a runtime that holds its containers, and a shim that executes the
// engine's actions. Each event that may happen next is a Step; a World is a
// value, so an explorer copies it and takes every step in turn.
//
// kubelet (policy/README.md, "What kubelet does"): one pass after another; a pass decides from
// one look at the runtime what to create, then creates and starts in spec
// order, one call at a time, continuing after an error. Everything may happen
// between two calls, so a pass may act on a status as old as its beginning. A
// CREATED container is created again with attempt + 1, an EXITED one according
// to restartPolicy and the reported code.
// Shim: a launch has a create and a start in flight, each done in the runtime
// before the shim learns of it. A List response reports launched containers and
// new exits to the engine before kubelet sees the response.
// Killed shim: calls in flight are done or not, requests remembered are lost.
#ifndef SIDECAR_SHIM_TESTS_MODEL_WORLD_H_
#define SIDECAR_SHIM_TESTS_MODEL_WORLD_H_

#include <atomic>
#include <cstdint>
#include <set>
#include <string>
#include <utility>
#include <vector>

#include "policy/engine.h"

namespace sidecar_shim::model {

struct ModelContainer {
  int priority = 0;
  bool sidecar = false;
};

// One pod and what may go wrong around it.
struct PodSetup {
  std::vector<ModelContainer> containers;  // in spec order
  policy::RestartPolicy restart_policy = policy::RestartPolicy::kNever;
  bool launch_ahead = true;
  int main_failures = 1;     // exits of main containers with a code other than 0
  int sidecar_exits = 0;     // exits of sidecars that the shim has not caused
  int runtime_failures = 0;  // creates, starts and stops that the runtime fails
  int sandbox_losses = 0;
  bool kills = true;  // the shim may be killed, any number of times,
  // but only this often so that kubelet's own start is lost and it makes
  // another attempt: there would be no end of attempts.
  int lost_starts = 1;
  // Coarse: exits and launches are reported at once. Every step then still
  // meets every other, but fewer moments lie between them.
  bool coarse = false;
  // All containers have readiness probes, which pass at some time.
  bool probes = false;

  std::string Name() const;
};

struct Step {
  enum class Kind : uint8_t {
    kLook,            // kubelet looks and begins a pass
    kSend,            // kubelet sends the next create or start of its pass
    kForwarded,       // the runtime executes kubelet's forwarded call
    kForwardedFails,  // it fails to
    kLaunchDone,      // the runtime does the launch's call in flight
    kLaunchFails,
    kLaunchReported,  // the shim learns that it is done
    kExit,            // a container ends; code is the exit code
    kExitReported,
    kStopReported,  // the actuator reports that the stop has ended
    kStopFails,
    kReady,  // a container's probe passes and the shim learns of it
    kTick,
    kKill,  // code: bit mask of the calls in flight that are done nevertheless
    kSandboxLost,
  };
  Kind kind;
  uint8_t subject = 0;  // container or instance
  int code = 0;

  std::string Describe() const;
};

// How often the engine's invariants have been checked, in all worlds.
inline std::atomic<uint64_t> invariant_checks = 0;

class World {
 public:
  explicit World(const PodSetup& setup);

  std::vector<Step> Steps() const;
  void Take(const Step& step);

  // Equal keys: the same futures.
  std::string Key() const;
  // kubelet has found the pod finished.
  bool Done() const { return phase_ == Phase::kDone; }
  // The first violated rule; empty if there is none.
  const std::string& violation() const { return violation_; }

 private:
  enum class Stop : uint8_t { kNone, kSent, kEnded };

  struct Instance {
    uint8_t name = 0;
    uint8_t attempt = 0;
    uint8_t sandbox = 0;
    bool by_shim = false;
    policy::RunState state = policy::RunState::kCreated;
    bool started = false;
    bool exit_known = false;  // the engine knows of the exit
    bool start_failed = false;
    bool ready = false;
    int16_t exit_code = 0;
    uint8_t finished_at = 0;  // the n-th exit of the pod
    Stop stop = Stop::kNone;
  };

  struct Launching {
    enum class Stage : uint8_t { kNone, kCreating, kCreated, kStarting, kStarted };
    Stage stage = Stage::kNone;
    uint8_t instance = 0;
    uint8_t sandbox = 0;
    uint8_t attempt = 0;
  };

  enum class Phase : uint8_t {
    kIdle,
    kCreate,         // about to send a create
    kCreatePending,  // sent, not answered
    kCreating,       // forwarded
    kStart,
    kStartPending,
    kStarting,
    kDone,
  };

  // ---- kubelet ----
  void Look();
  void Send();
  void Forwarded(bool works);
  void NextInPass();

  // ---- shim ----
  void Post(const policy::Event& event);
  void Execute(const policy::Actions& actions);
  void ReportAll();
  void LaunchDone(uint8_t slot);
  void LaunchFails(uint8_t slot);
  void LaunchReported(uint8_t slot);
  void Kill(int done_mask);
  bool LosesStart(int done_mask) const;
  void Rebuild();

  // ---- runtime ----
  int CreateInstance(uint8_t name, uint8_t attempt, bool by_shim);
  void StartInstance(int index);
  void Exit(int index, int code);
  void LoseSandbox();

  // ---- what is true, whatever the engine thinks ----
  int Newest(uint8_t name) const;
  std::vector<uint8_t> ExitMoments() const;  // by finished_at
  // All main containers have exited for good; at: the last one's end.
  bool Complete(uint8_t* at) const;
  bool Ran(uint8_t name, uint8_t sandbox) const;
  // Ran, and where there are probes, was ready or has ended.
  bool WasUp(uint8_t name, uint8_t sandbox) const;
  int Reported(int index);
  void CheckStart(int index);
  void CheckStop(int index);
  void Violate(const std::string& what);

  static policy::PodRef Pod() { return {"default", "pod", "uid"}; }
  static policy::RuntimeTime NthExit(uint8_t n) { return policy::RuntimeTime(policy::Duration(n)); }
  static std::string NameOf(uint8_t name) { return std::string(1, static_cast<char>('a' + name)); }
  policy::ContainerId IdOf(int index) const;
  int IndexOf(const policy::ContainerId& id) const;
  policy::ContainerSeen Describe(int index, bool found) const;
  policy::SandboxId Sandbox(uint8_t index) const;
  bool SandboxDead(uint8_t index) const { return index != sandbox_ || sandbox_lost_; }
  std::vector<uint8_t> LaunchesInFlight() const;  // slots
  size_t SlotOf(uint8_t name, uint8_t sandbox) const { return sandbox * setup_->containers.size() + name; }
  uint8_t NameIn(uint8_t slot) const { return slot % setup_->containers.size(); }

  const PodSetup* setup_;
  policy::Options options_;
  policy::Engine engine_;
  policy::Time now_{};

  std::vector<Instance> instances_;  // in the order of their creation
  uint8_t exits_ = 0;
  uint8_t sandbox_ = 0;
  bool sandbox_lost_ = false;

  std::vector<Launching> launching_;  // by slot: sandbox and container
  std::vector<int8_t> remembered_;    // by container: the attempt remembered, -1 = none
  Phase phase_ = Phase::kIdle;
  std::vector<std::pair<uint8_t, uint8_t>> todo_;  // container, attempt
  uint8_t position_ = 0;
  uint8_t instance_ = 0;  // that kubelet is starting

  uint8_t main_failures_ = 0, sidecar_exits_ = 0, runtime_failures_ = 0, sandbox_losses_ = 0,
          lost_starts_ = 0;  // so far
  std::string violation_;
};

}  // namespace sidecar_shim::model

#endif  // SIDECAR_SHIM_TESTS_MODEL_WORLD_H_
