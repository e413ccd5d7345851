// Stands between the policy and the world: feeds it events one at a time, hands
// its actions to the calls that wait and to the hands, and wakes it in time.
// Loop thread only.
#ifndef SIDECAR_SHIM_SHIM_CORE_CONDUCTOR_H_
#define SIDECAR_SHIM_SHIM_CORE_CONDUCTOR_H_

#include <deque>
#include <map>
#include <string>

#include "policy/engine.h"
#include "shim/core/hands.h"
#include "shim/loop.h"

namespace sidecar_shim {

// A CreateContainer call that waits for the policy's answer. Exactly one of
// these is called, once.
class CreateWaiter {
 public:
  virtual ~CreateWaiter() = default;
  virtual void Admit(const policy::Annotations& stamps) = 0;
  virtual void Refuse(const std::string& message, bool remember) = 0;
  virtual void Answer(const policy::ContainerId& container) = 0;
  virtual void Abandon() = 0;  // the shim ends
};

// The same for StartContainer.
class StartWaiter {
 public:
  virtual ~StartWaiter() = default;
  virtual void Forward() = 0;
  virtual void Answer() = 0;
  virtual void Fail(const std::string& message) = 0;
  virtual void Abandon() = 0;  // the shim ends
};

class Conductor {
 public:
  Conductor(Loop& loop, const policy::Options& options) : engine_(options), timer_(loop) {}

  // Must be called before the first event. The hands outlive the conductor's use.
  void SetHands(LaunchHand& launch, StopHand& stop, ProbeHand& probe, NoteHand& note);

  const policy::Engine& engine() const { return engine_; }

  // May be called from within an action; events are handled in order.
  void Feed(policy::Event event);

  // Feed these with a fresh call id; the waiter is answered or withdrawn.
  policy::CallId Ask(policy::CreateRequested request, CreateWaiter& waiter);
  policy::CallId Ask(policy::StartRequested request, StartWaiter& waiter);
  void Withdraw(policy::CallId call);

  // Nothing is launched, stopped or probed any more, and no call waits: those
  // that do, and those that would have to, are abandoned at once. The rest of
  // the calls is answered as ever.
  void Stop();
  bool stopped() const { return stopped_; }

 private:
  void Carry(const policy::Action& action);
  void Do(const policy::AdmitCreate& action);
  void Do(const policy::RefuseCreate& action);
  void Do(const policy::AnswerCreate& action);
  void Do(const policy::ForwardStart& action);
  void Do(const policy::AnswerStart& action);
  void Do(const policy::FailStart& action);
  void Do(const policy::Launch& action) {
    if (!stopped_) launch_->Launch(action);
  }
  void Do(const policy::ResumeLaunch& action) {
    if (!stopped_) launch_->ResumeLaunch(action);
  }
  void Do(const policy::Forget& action) { launch_->Forget(action); }
  void Do(const policy::StopSidecar& action) {
    if (!stopped_) stop_->Stop(action);
  }
  void Do(const policy::StartProbing& action) {
    if (!stopped_) probe_->Start(action);
  }
  void Do(const policy::StopProbing& action) { probe_->Stop(action); }
  void Do(const policy::Note& action) { note_->Take(action); }
  void AbandonAll();
  void SetTimer();

  policy::Engine engine_;
  Loop::Timer timer_;
  LaunchHand* launch_ = nullptr;
  StopHand* stop_ = nullptr;
  ProbeHand* probe_ = nullptr;
  NoteHand* note_ = nullptr;
  policy::CallId next_call_ = 1;
  std::map<policy::CallId, CreateWaiter*> creates_;
  std::map<policy::CallId, StartWaiter*> starts_;
  std::deque<policy::Event> events_;
  bool busy_ = false;
  bool stopped_ = false;
};

}  // namespace sidecar_shim

#endif  // SIDECAR_SHIM_SHIM_CORE_CONDUCTOR_H_
