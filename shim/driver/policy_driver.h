// Runs the policy: feeds it one event at a time, passes its actions to the
// actuators and to pending calls, and sends it a Tick when NextWakeup() is due.
// Loop thread only.
#ifndef SIDECAR_SHIM_SHIM_DRIVER_POLICY_DRIVER_H_
#define SIDECAR_SHIM_SHIM_DRIVER_POLICY_DRIVER_H_

#include <deque>
#include <map>
#include <optional>
#include <string>

#include "policy/engine.h"
#include "shim/base/loop.h"
#include "shim/driver/actuators.h"

namespace sidecar_shim {

// A CreateContainer call that waits for the policy's answer. Exactly one of
// these is called, once.
class CreateWaiter {
 public:
  virtual ~CreateWaiter() = default;
  virtual void Admit(const std::optional<policy::Stamp>& stamp) = 0;
  virtual void Refuse(const std::string& message, bool remember) = 0;
  virtual void Answer(const policy::ContainerId& container) = 0;
  virtual void Abandon() = 0;  // the shim shuts down
};

// The same for StartContainer.
class StartWaiter {
 public:
  virtual ~StartWaiter() = default;
  virtual void Forward() = 0;
  virtual void Answer() = 0;
  virtual void Fail(const std::string& message) = 0;
  virtual void Abandon() = 0;  // the shim shuts down
};

class PolicyDriver {
 public:
  PolicyDriver(Loop& loop, const policy::Options& options) : loop_(loop), engine_(options), timer_(loop) {}

  // Must be called before the first event. The actuators must outlive the driver's use.
  void SetActuators(ContainerLauncher& launch, SidecarStopper& stop, ReadinessProber& probe,
                    DecisionLog& note);

  const policy::Engine& engine() const { return engine_; }

  // The policy's answers as of now.
  bool CanLaunch(const policy::SandboxId& sandbox) const;
  bool IsMasked(const policy::ContainerId& container, policy::RuntimeTime finished_at) const;

  // May be called from within an action; events are handled in order.
  void Post(policy::Event event);

  // Post these with a fresh call id; the waiter is answered or abandoned, unless the call is cancelled.
  policy::CallId Submit(policy::CreateRequested request, CreateWaiter& waiter);
  // `deadline`: when a start that must wait is answered at the latest.
  policy::CallId Submit(const policy::ContainerId& start, Time deadline, StartWaiter& waiter);
  void Cancel(policy::CallId call);

  // From now on nothing is launched, stopped or probed, and no call waits: pending
  // calls, and later ones that would have to wait, are abandoned at once. All
  // other calls are answered as before.
  void Stop();
  bool stopped() const { return stopped_; }

 private:
  void Execute(const policy::Action& action);
  void Execute(const policy::AdmitCreate& action);
  void Execute(const policy::RefuseCreate& action);
  void Execute(const policy::AnswerCreate& action);
  void Execute(const policy::ForwardStart& action);
  void Execute(const policy::AnswerStart& action);
  void Execute(const policy::FailStart& action);
  void Execute(const policy::Launch& action) {
    if (!stopped_) launch_->Launch(action);
  }
  void Execute(const policy::ResumeLaunch& action) {
    if (!stopped_) launch_->ResumeLaunch(action);
  }
  void Execute(const policy::Forget& action) { launch_->Forget(action); }
  void Execute(const policy::StopSidecar& action) {
    if (!stopped_) stop_->Stop(action);
  }
  void Execute(const policy::StartProbing& action) {
    if (!stopped_) probe_->Start(action);
  }
  void Execute(const policy::StopProbing& action) { probe_->Stop(action); }
  void Execute(const policy::Note& action) { note_->Record(action); }
  void AbandonAll();
  void SetTimer();

  Loop& loop_;
  policy::Engine engine_;
  Loop::Timer timer_;
  ContainerLauncher* launch_ = nullptr;
  SidecarStopper* stop_ = nullptr;
  ReadinessProber* probe_ = nullptr;
  DecisionLog* note_ = nullptr;
  uint64_t next_call_ = 1;
  std::map<policy::CallId, CreateWaiter*> creates_;
  std::map<policy::CallId, StartWaiter*> starts_;
  std::deque<policy::Event> events_;
  bool busy_ = false;
  bool stopped_ = false;
};

}  // namespace sidecar_shim

#endif  // SIDECAR_SHIM_SHIM_DRIVER_POLICY_DRIVER_H_
