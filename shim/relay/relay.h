// Relays every call on the shim's socket: unknown methods and services unchanged,
// intercepted ones through their handler. Calls of the ImageService go to the
// image endpoint, all others to the runtime. containerd's own services are
// answered with UNIMPLEMENTED. Loop thread only.
#ifndef SIDECAR_SHIM_SHIM_RELAY_RELAY_H_
#define SIDECAR_SHIM_SHIM_RELAY_RELAY_H_

#include <cstddef>
#include <cstdint>
#include <functional>
#include <list>

#include "shim/base/loop.h"
#include "shim/base/slice.h"
#include "shim/cri/upstream.h"
#include "shim/relay/call_handler.h"
#include "shim/relay/caller_connection.h"
#include "shim/relay/runtime_pool.h"

namespace sidecar_shim {

class Relay {
 public:
  // What it refers to outlives it.
  Relay(Loop& loop, Upstream& runtime, Upstream& images);

  void SetHandlers(HandlerTable handlers) { handlers_ = std::move(handlers); }

  // Serves a connection, whose descriptor it owns from now on.
  void Serve(int fd);

  // Lets clients open no further call, ends endless streams with UNAVAILABLE, and
  // waits for all others, `grace` at most; then it ends those too. `done` runs
  // once, when every connection is closed.
  void Shutdown(Duration grace, std::function<void()> done);

  // Gives memory that is not in use back.
  void Trim() { blocks_.Trim(); }

  size_t live_calls() const { return parts_.live_calls; }
  uint64_t accepted_calls() const { return parts_.accepted_calls; }

 private:
  void Sweep();
  void CheckDone();

  BlockPool blocks_;
  HandlerTable handlers_;
  Loop& loop_;
  RuntimePool runtime_;
  RuntimePool images_;
  RelayParts parts_;
  std::list<CallerConnection> connections_;
  Loop::TurnEnd sweep_;
  Loop::Timer grace_timer_;
  std::function<void()> done_;
};

}  // namespace sidecar_shim

#endif  // SIDECAR_SHIM_SHIM_RELAY_RELAY_H_
