// The loop of a running process: real time, descriptors by epoll, and gRPC's
// operations through a poller.
#ifndef SIDECAR_SHIM_SHIM_BASE_EPOLL_LOOP_H_
#define SIDECAR_SHIM_SHIM_BASE_EPOLL_LOOP_H_

#include <grpcpp/grpcpp.h>

#include <functional>
#include <memory>
#include <mutex>
#include <optional>
#include <unordered_map>
#include <vector>

#include "shim/base/completion_poller.h"
#include "shim/base/loop.h"
#include "shim/base/timer_queue.h"

namespace sidecar_shim {

class EpollLoop : public Loop {
 public:
  // A server's own queue where server and client operations are to share one
  // thread.
  explicit EpollLoop(
      std::unique_ptr<grpc::CompletionQueue> queue = std::make_unique<grpc::CompletionQueue>());
  // After Run() has returned, or without it.
  ~EpollLoop() override;

  Time Now() const override { return MonotonicNow(); }
  WallTime WallNow() const override { return WallClockNow(); }
  void Post(std::function<void()> work) override;
  grpc::CompletionQueue* queue() override { return poller_.queue(); }
  void* Tag(std::function<void(bool ok)> done) override { return poller_.Tag(std::move(done)); }
  void Discard(void* tag) override { poller_.Discard(tag); }

  // Runs until Shutdown() has been called and every gRPC operation and posted
  // work has ended, including what others begin as they end.
  void Run();

  // Cancels all timers for good. The owners of operations end them. Loop thread
  // only.
  void Shutdown();

 protected:
  TimerQueue& timers() override { return timers_; }
  void Add(Watch& watch, uint32_t events) override;
  void Update(Watch& watch, uint32_t events) override;
  void Remove(Watch& watch) override;
  void Schedule(TurnEnd& work) override { turn_ends_.push_back(&work); }
  void Unschedule(TurnEnd& work) override;

  // One turn: waits for what is ready, `longest` at most (nullopt: until
  // something is), and runs it. False once the loop has ended.
  bool Turn(std::optional<Duration> longest);
  // Runs what has been posted.
  void RunPosted();

 private:
  struct Completion {
    void* tag;
    bool ok;
  };

  void Wake();
  void RunTurnEnds();
  // Ends the loop once nothing is under way.
  void EndIfIdle();

  const int epoll_;
  const int wake_;  // an eventfd
  TimerQueue timers_;
  std::unordered_map<int, Watch*> watches_;  // by descriptor
  std::vector<TurnEnd*> turn_ends_;
  bool shutting_down_ = false;
  std::mutex mutex_;
  bool ended_ = false;                         // guarded by mutex_
  std::vector<std::function<void()>> posted_;  // guarded by mutex_
  std::vector<Completion> completions_;        // guarded by mutex_
  CompletionPoller poller_;                    // last: its thread uses what is above
};

}  // namespace sidecar_shim

#endif  // SIDECAR_SHIM_SHIM_BASE_EPOLL_LOOP_H_
