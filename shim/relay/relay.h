// Accepts every call on the shim's socket and relays it: unknown methods and services unchanged,
// intercepted ones through their handler. Calls of the ImageService go to the image endpoint, all others to
// the runtime. containerd's own services are answered with UNIMPLEMENTED. Loop thread only, after Start().
#ifndef SIDECAR_SHIM_SHIM_RELAY_RELAY_H_
#define SIDECAR_SHIM_SHIM_RELAY_RELAY_H_

#include <grpcpp/generic/async_generic_service.h>

#include <map>
#include <memory>

#include "shim/base/loop.h"
#include "shim/cri/upstream.h"
#include "shim/relay/accepted_call.h"
#include "shim/relay/call_handler.h"
#include "shim/relay/stream_relay.h"

namespace sidecar_shim {

class Relay {
 public:
  Relay(Upstream& runtime, Upstream& images) : runtime_(runtime), images_(images) {}

  // To be registered with the server before that is built; must outlive it.
  grpc::AsyncGenericService& service() { return service_; }

  // Starts accepting. `queue` is the server's and the loop's.
  void Start(Loop& loop, grpc::ServerCompletionQueue* queue, HandlerTable handlers);

  // Accepts no new call, and ends endless streams (IsEndless()) with UNAVAILABLE.
  void BeginShutdown();

  size_t live_calls() const { return live_; }
  uint64_t accepted_calls() const { return accepted_; }

 private:
  void Accept();
  void Serve(const std::shared_ptr<AcceptedCall>& accepted);

  grpc::AsyncGenericService service_;
  Upstream& runtime_;
  Upstream& images_;
  Loop* loop_ = nullptr;
  grpc::ServerCompletionQueue* queue_ = nullptr;
  HandlerTable handlers_;
  bool shutting_down_ = false;
  size_t live_ = 0;
  uint64_t accepted_ = 0;
  uint64_t next_endless_ = 0;
  std::map<uint64_t, std::weak_ptr<StreamRelay>> endless_;
};

}  // namespace sidecar_shim

#endif  // SIDECAR_SHIM_SHIM_RELAY_RELAY_H_
