#include "shim/core/conductor.h"

#include <utility>
#include <variant>

namespace sidecar_shim {
namespace {

// Takes the waiter of a call out of its map; null if it was withdrawn.
template <typename Waiter>
Waiter* Take(std::map<policy::CallId, Waiter*>& waiters, policy::CallId call) {
  auto node = waiters.extract(call);
  return node.empty() ? nullptr : node.mapped();
}

}  // namespace

void Conductor::SetHands(LaunchHand& launch, StopHand& stop, ProbeHand& probe, NoteHand& note) {
  launch_ = &launch;
  stop_ = &stop;
  probe_ = &probe;
  note_ = &note;
}

void Conductor::Feed(policy::Event event) {
  events_.push_back(std::move(event));
  if (busy_) return;
  busy_ = true;
  while (!events_.empty()) {
    const policy::Event next = std::move(events_.front());
    events_.pop_front();
    for (const policy::Action& action : engine_.OnEvent(next, Loop::Now())) Carry(action);
  }
  busy_ = false;
  if (stopped_) {
    AbandonAll();
  } else {
    SetTimer();
  }
}

policy::CallId Conductor::Ask(policy::CreateRequested request, CreateWaiter& waiter) {
  const policy::CallId call = request.call = next_call_++;
  creates_[call] = &waiter;
  Feed(std::move(request));
  return call;
}

policy::CallId Conductor::Ask(policy::StartRequested request, StartWaiter& waiter) {
  const policy::CallId call = request.call = next_call_++;
  starts_[call] = &waiter;
  Feed(std::move(request));
  return call;
}

void Conductor::Withdraw(policy::CallId call) {
  if (creates_.erase(call) + starts_.erase(call) > 0) Feed(policy::CallCancelled{call});
}

void Conductor::Stop() {
  stopped_ = true;
  timer_.Cancel();
  AbandonAll();
}

void Conductor::AbandonAll() {
  for (const auto& [call, waiter] : std::exchange(creates_, {})) waiter->Abandon();
  for (const auto& [call, waiter] : std::exchange(starts_, {})) waiter->Abandon();
}

void Conductor::Carry(const policy::Action& action) {
  std::visit([this](const auto& specific) { Do(specific); }, action);
}

void Conductor::Do(const policy::AdmitCreate& action) {
  if (CreateWaiter* waiter = Take(creates_, action.call)) waiter->Admit(action.stamps);
}

void Conductor::Do(const policy::RefuseCreate& action) {
  if (CreateWaiter* waiter = Take(creates_, action.call)) waiter->Refuse(action.message, action.remember);
}

void Conductor::Do(const policy::AnswerCreate& action) {
  if (CreateWaiter* waiter = Take(creates_, action.call)) waiter->Answer(action.container);
}

void Conductor::Do(const policy::ForwardStart& action) {
  if (StartWaiter* waiter = Take(starts_, action.call)) waiter->Forward();
}

void Conductor::Do(const policy::AnswerStart& action) {
  if (StartWaiter* waiter = Take(starts_, action.call)) waiter->Answer();
}

void Conductor::Do(const policy::FailStart& action) {
  if (StartWaiter* waiter = Take(starts_, action.call)) waiter->Fail(action.message);
}

void Conductor::SetTimer() {
  const std::optional<policy::Time> at = engine_.NextWakeup();
  if (!at) {
    timer_.Cancel();
    return;
  }
  timer_.Start(*at, [this] { Feed(policy::Tick{}); });
}

}  // namespace sidecar_shim
