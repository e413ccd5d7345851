// The connections to one endpoint of the runtime.
//
// A header field beyond 64 KiB, such as an error text that a container's author
// can provoke, ends the connection that it comes on (nghttp2's limit). So a call
// that changes something travels alone, on a connection that no other call uses,
// and only calls that ask, which can be sent again, share one: those of one
// caller's connection, so that a caller that leaves or reads slowly is nobody
// else's business.
// Loop thread only.
#ifndef SIDECAR_SHIM_SHIM_RELAY_RUNTIME_POOL_H_
#define SIDECAR_SHIM_SHIM_RELAY_RUNTIME_POOL_H_

#include <list>
#include <memory>

#include "shim/base/loop.h"
#include "shim/base/slice.h"
#include "shim/cri/upstream.h"
#include "shim/relay/runtime_connection.h"

namespace sidecar_shim {

class RuntimePool {
 public:
  // The connections that are there are given up when `upstream` abandons its own.
  RuntimePool(Loop& loop, BlockPool& blocks, Upstream& upstream);
  RuntimePool(const RuntimePool&) = delete;
  RuntimePool& operator=(const RuntimePool&) = delete;
  ~RuntimePool();

  Upstream& upstream() { return upstream_; }
  // For one call that changes something, of that one of the callers' connections. Where a caller has very
  // many such calls, they share.
  RuntimeConnection& Alone(const void* caller);
  // For the queries of one of the caller's connections, which names itself.
  RuntimeConnection& Shared(const void* caller);
  // That connection of the caller's is gone.
  void Forget(const void* caller);

 private:
  RuntimeConnection& Add(bool alone, const void* caller);
  void Sweep();

  Loop& loop_;
  BlockPool& blocks_;
  Upstream& upstream_;
  std::list<std::shared_ptr<RuntimeConnection>> connections_;  // the one used last comes first
  Loop::TurnEnd sweep_;
};

}  // namespace sidecar_shim

#endif  // SIDECAR_SHIM_SHIM_RELAY_RUNTIME_POOL_H_
