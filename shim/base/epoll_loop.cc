#include "shim/base/epoll_loop.h"

#include <sys/epoll.h>
#include <sys/eventfd.h>
#include <unistd.h>

#include <algorithm>
#include <array>
#include <chrono>
#include <cstdint>
#include <limits>
#include <utility>

namespace sidecar_shim {
namespace {

// What one turn takes from the kernel. What is left is ready in the next.
constexpr int kEventsOfATurn = 64;

// For epoll_wait. Rounded up, so that a timer is due when the loop wakes for it.
int Milliseconds(std::optional<Duration> longest) {
  if (!longest) return -1;
  const int64_t count = std::chrono::ceil<std::chrono::milliseconds>(*longest).count();
  return static_cast<int>(std::clamp<int64_t>(count, 0, std::numeric_limits<int>::max()));
}

}  // namespace

EpollLoop::EpollLoop(std::unique_ptr<grpc::CompletionQueue> queue)
    : epoll_(epoll_create1(EPOLL_CLOEXEC)),
      wake_(eventfd(0, EFD_CLOEXEC | EFD_NONBLOCK)),
      poller_(std::move(queue), [this](void* tag, bool ok) {
        const std::lock_guard lock(mutex_);
        completions_.push_back({tag, ok});
        Wake();
      }) {
  epoll_event event{};
  event.events = EPOLLIN;
  event.data.fd = wake_;
  epoll_ctl(epoll_, EPOLL_CTL_ADD, wake_, &event);
}

EpollLoop::~EpollLoop() {
  close(wake_);
  close(epoll_);
}

void EpollLoop::Wake() {
  const uint64_t one = 1;
  [[maybe_unused]] const ssize_t written = write(wake_, &one, sizeof one);
}

void EpollLoop::Post(std::function<void()> work) {
  const std::lock_guard lock(mutex_);
  if (ended_) return;
  posted_.push_back(std::move(work));
  if (posted_.size() == 1) Wake();  // what wakes the loop for the first takes them all
}

void EpollLoop::Run() {
  while (true) {
    const std::optional<Time> due = timers_.Earliest();
    if (!Turn(due ? std::optional(*due - Now()) : std::nullopt)) return;
  }
}

bool EpollLoop::Turn(std::optional<Duration> longest) {
  EndIfIdle();
  if (ended_) return false;
  std::array<epoll_event, kEventsOfATurn> events;
  const int count = epoll_wait(epoll_, events.data(), kEventsOfATurn, Milliseconds(longest));
  for (int i = 0; i < count; ++i) {
    if (events[i].data.fd == wake_) {
      uint64_t times = 0;
      [[maybe_unused]] const ssize_t got = read(wake_, &times, sizeof times);
      RunPosted();
      continue;
    }
    // Gone where an earlier event of this turn has removed it. A new one with the same descriptor may be told
    // too much, which a level-triggered watch has to bear anyway.
    const auto watch = watches_.find(events[i].data.fd);
    if (watch != watches_.end()) watch->second->Report(events[i].events);
  }
  timers_.RunDue(Now());
  RunTurnEnds();
  return true;
}

void EpollLoop::RunPosted() {
  std::vector<std::function<void()>> posted;
  std::vector<Completion> completions;
  {
    const std::lock_guard lock(mutex_);
    posted.swap(posted_);
    completions.swap(completions_);
  }
  for (const Completion& completion : completions) poller_.Complete(completion.tag, completion.ok);
  for (std::function<void()>& work : posted) std::exchange(work, nullptr)();
}

void EpollLoop::RunTurnEnds() {
  while (!turn_ends_.empty()) {
    TurnEnd* const work = turn_ends_.back();
    turn_ends_.pop_back();
    work->Run();
  }
}

void EpollLoop::Unschedule(TurnEnd& work) { std::erase(turn_ends_, &work); }

void EpollLoop::Add(Watch& watch, uint32_t events) {
  epoll_event event{};
  event.events = events;
  event.data.fd = watch.fd();
  watches_[watch.fd()] = &watch;
  epoll_ctl(epoll_, EPOLL_CTL_ADD, watch.fd(), &event);
}

void EpollLoop::Update(Watch& watch, uint32_t events) {
  epoll_event event{};
  event.events = events;
  event.data.fd = watch.fd();
  epoll_ctl(epoll_, EPOLL_CTL_MOD, watch.fd(), &event);
}

void EpollLoop::Remove(Watch& watch) {
  watches_.erase(watch.fd());
  epoll_ctl(epoll_, EPOLL_CTL_DEL, watch.fd(), nullptr);
}

void EpollLoop::Shutdown() {
  shutting_down_ = true;
  timers_.Close();
  Wake();
}

void EpollLoop::EndIfIdle() {
  if (!shutting_down_ || poller_.pending() > 0) return;
  const std::lock_guard lock(mutex_);
  if (ended_ || !posted_.empty() || poller_.pending() > 0) return;
  ended_ = true;
  poller_.Close();
}

}  // namespace sidecar_shim
