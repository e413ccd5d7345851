#include "shim/driver/policy_driver.h"

#include <utility>
#include <variant>

namespace sidecar_shim {
namespace {

// Removes the waiter of a call from its map; null if the call was cancelled.
template <typename Waiter>
Waiter* Take(std::map<policy::CallId, Waiter*>& waiters, policy::CallId call) {
  auto node = waiters.extract(call);
  return node.empty() ? nullptr : node.mapped();
}

// The policy's clock is the loop's.
policy::Time ToPolicyTime(Time time) { return policy::Time(time.time_since_epoch()); }
Time ToLoopTime(policy::Time time) { return Time(time.time_since_epoch()); }

}  // namespace

void PolicyDriver::SetActuators(ContainerLauncher& launch, SidecarStopper& stop, ReadinessProber& probe,
                                DecisionLog& note) {
  launch_ = &launch;
  stop_ = &stop;
  probe_ = &probe;
  note_ = &note;
}

bool PolicyDriver::CanLaunch(const policy::SandboxId& sandbox) const {
  return engine_.CanLaunch(sandbox, ToPolicyTime(loop_.Now()));
}

bool PolicyDriver::IsMasked(const policy::ContainerId& container, policy::RuntimeTime finished_at) const {
  return engine_.IsMasked(container, finished_at, ToPolicyTime(loop_.Now()));
}

void PolicyDriver::Post(policy::Event event) {
  events_.push_back(std::move(event));
  if (busy_) return;
  busy_ = true;
  while (!events_.empty()) {
    const policy::Event next = std::move(events_.front());
    events_.pop_front();
    for (const policy::Action& action : engine_.OnEvent(next, ToPolicyTime(loop_.Now()))) Execute(action);
  }
  busy_ = false;
  if (stopped_) {
    AbandonAll();
  } else {
    SetTimer();
  }
}

policy::CallId PolicyDriver::Submit(policy::CreateRequested request, CreateWaiter& waiter) {
  const policy::CallId call = request.call = next_call_++;
  creates_[call] = &waiter;
  Post(std::move(request));
  return call;
}

policy::CallId PolicyDriver::Submit(const policy::ContainerId& start, Time deadline, StartWaiter& waiter) {
  const policy::CallId call = next_call_++;
  starts_[call] = &waiter;
  Post(policy::StartRequested{call, start, ToPolicyTime(deadline)});
  return call;
}

void PolicyDriver::Cancel(policy::CallId call) {
  if (creates_.erase(call) + starts_.erase(call) > 0) Post(policy::CallCancelled{call});
}

void PolicyDriver::Stop() {
  stopped_ = true;
  timer_.Cancel();
  AbandonAll();
}

void PolicyDriver::AbandonAll() {
  for (const auto& [call, waiter] : std::exchange(creates_, {})) waiter->Abandon();
  for (const auto& [call, waiter] : std::exchange(starts_, {})) waiter->Abandon();
}

void PolicyDriver::Execute(const policy::Action& action) {
  std::visit([this](const auto& specific) { Execute(specific); }, action);
}

void PolicyDriver::Execute(const policy::AdmitCreate& action) {
  if (CreateWaiter* waiter = Take(creates_, action.call)) waiter->Admit(action.stamp);
}

void PolicyDriver::Execute(const policy::RefuseCreate& action) {
  if (CreateWaiter* waiter = Take(creates_, action.call)) waiter->Refuse(action.message, action.remember);
}

void PolicyDriver::Execute(const policy::AnswerCreate& action) {
  if (CreateWaiter* waiter = Take(creates_, action.call)) waiter->Answer(action.container);
}

void PolicyDriver::Execute(const policy::ForwardStart& action) {
  if (StartWaiter* waiter = Take(starts_, action.call)) waiter->Forward();
}

void PolicyDriver::Execute(const policy::AnswerStart& action) {
  if (StartWaiter* waiter = Take(starts_, action.call)) waiter->Answer();
}

void PolicyDriver::Execute(const policy::FailStart& action) {
  if (StartWaiter* waiter = Take(starts_, action.call)) waiter->Fail(action.message);
}

void PolicyDriver::SetTimer() {
  const std::optional<policy::Time> at = engine_.NextWakeup();
  if (!at) {
    timer_.Cancel();
    return;
  }
  timer_.Start(ToLoopTime(*at), [this] { Post(policy::Tick{}); });
}

}  // namespace sidecar_shim
