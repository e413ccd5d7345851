// The relay between callers and a runtime whose every byte, and the time, a script decides. All on one
// thread, so that a script always does the same.
#ifndef SIDECAR_SHIM_TESTS_FUZZ_FUZZ_WORLD_H_
#define SIDECAR_SHIM_TESTS_FUZZ_FUZZ_WORLD_H_

#include <cstddef>
#include <cstdint>
#include <list>
#include <optional>
#include <string>

#include "shim/base/epoll_loop.h"
#include "shim/cri/upstream.h"
#include "shim/relay/relay.h"
#include "tests/fuzz/frames.h"
#include "tests/fuzz/fuzz_handlers.h"
#include "tests/fuzz/fuzz_peer.h"

namespace sidecar_shim::testing {

// Turned by hand.
class FuzzLoop : public EpollLoop {
 public:
  Time Now() const override { return now_; }
  WallTime WallNow() const override { return WallTime(now_.time_since_epoch()); }
  // What is ready now.
  void TurnOnce() { Turn(Duration{0}); }
  // Runs each timer at its time.
  void Advance(Duration duration);

 private:
  Time now_{std::chrono::hours(100'000)};
};

// What outlives a script, because making it takes longer than most scripts.
struct FuzzProcess {
  FuzzProcess();
  ~FuzzProcess();

  std::string folder;
  FuzzLoop loop;
  std::optional<FuzzListener> listener;
  std::optional<Upstream> runtime;
  std::optional<Upstream> images;
};

class FuzzWorld {
 public:
  // `greetings`: kCallersGreet, kRuntimesGreet.
  FuzzWorld(FuzzProcess& process, uint8_t greetings);
  // Ends everything, and checks that nothing is left.
  ~FuzzWorld();

  // Null where there is none.
  FuzzPeer* Caller(size_t index) { return At(callers_, index); }
  FuzzPeer* Runtime(size_t index) { return At(runtimes_, index); }
  FuzzHandlers& handlers() { return handlers_; }

  void Connect();
  // The runtime's socket goes, or comes back.
  void ToggleListening();
  void Abandon() { process_.runtime->AbandonConnection(); }
  void Shutdown(Duration grace);
  // Lets the loop and the peers work until nothing moves.
  void Turn();
  void Advance(Duration duration);

 private:
  static FuzzPeer* At(std::list<FuzzPeer>& peers, size_t index);
  // Whether a connection was there.
  bool Accept();

  FuzzProcess& process_;
  const uint8_t greetings_;
  FuzzHandlers handlers_;
  std::optional<Relay> relay_;
  std::list<FuzzPeer> callers_;
  std::list<FuzzPeer> runtimes_;
  bool shutting_down_ = false;
  bool done_ = false;
};

}  // namespace sidecar_shim::testing

#endif  // SIDECAR_SHIM_TESTS_FUZZ_FUZZ_WORLD_H_
