// A server-streaming call of the shim's own that is meant to last: when it ends
// it is started again after `retry`, until it is stopped or destroyed. A server
// that refuses it (UNIMPLEMENTED, or no permission) is tried again once a
// minute: another server may have taken its place. Loop thread only.
#ifndef SIDECAR_SHIM_SHIM_CRI_SUBSCRIPTION_H_
#define SIDECAR_SHIM_SHIM_CRI_SUBSCRIPTION_H_

#include <grpcpp/grpcpp.h>

#include <functional>
#include <memory>
#include <string>

#include "shim/base/lifetime.h"
#include "shim/base/loop.h"
#include "shim/cri/upstream.h"

namespace sidecar_shim {

class Subscription {
 public:
  struct Callbacks {
    // The request has been sent. Go servers send no headers before the first
    // message, so this is the earliest sign there is.
    std::function<void()> on_sent;
    std::function<void(const std::string&)> on_message;
    std::function<void(const grpc::Status&)> on_end;
  };

  Subscription(Loop& loop, Upstream& upstream, std::string method, const std::string& request, Duration retry,
               Callbacks callbacks);
  ~Subscription() { Stop(); }

  void Start();
  // No callback runs after this.
  void Stop();

 private:
  struct Stream;
  void OnEnd(const grpc::Status& status);

  Loop& loop_;
  Upstream& upstream_;
  const std::string method_;
  const std::string request_;
  const Duration retry_;
  const Callbacks callbacks_;
  Loop::Timer timer_;
  std::shared_ptr<Stream> stream_;
  Lifetime stream_lifetime_;  // of stream_
};

}  // namespace sidecar_shim

#endif  // SIDECAR_SHIM_SHIM_CRI_SUBSCRIPTION_H_
