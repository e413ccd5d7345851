// The shim's own unary calls, as bytes or messages, answered on the loop. Loop
// thread only.
#ifndef SIDECAR_SHIM_SHIM_CRI_UNARY_CLIENT_H_
#define SIDECAR_SHIM_SHIM_CRI_UNARY_CLIENT_H_

#include <grpcpp/grpcpp.h>

#include <functional>
#include <memory>
#include <set>
#include <string>

#include "shim/base/lifetime.h"
#include "shim/base/loop.h"
#include "shim/cri/bytes.h"
#include "shim/cri/upstream.h"

namespace sidecar_shim {

class UnaryClient {
 public:
  UnaryClient(Loop& loop, Upstream& upstream) : loop_(loop), upstream_(upstream) {}
  ~UnaryClient() { CancelAll(); }

  using RawDone = std::function<void(const grpc::Status&, const std::string&)>;

  // Fails with UNAVAILABLE at once where no process listens. `timeout` bounds the
  // call. done runs exactly once, on the loop, unless the call is cancelled by
  // CancelAll().
  void CallRaw(const std::string& method, const std::string& request, Duration timeout, RawDone done);

  template <typename Response, typename Request>
  void Call(const std::string& method, const Request& request, Duration timeout,
            std::function<void(const grpc::Status&, const Response&)> done) {
    CallRaw(method, ToBytes(request), timeout,
            [done = std::move(done)](const grpc::Status& status, const std::string& bytes) {
              Response response;
              if (status.ok() && !FromBytes(bytes, response)) {
                done(grpc::Status(grpc::StatusCode::INTERNAL, "malformed answer"), response);
                return;
              }
              done(status, response);
            });
  }

  // Cancels the calls in flight; used before the loop shuts down.
  void CancelAll();

 private:
  struct OwnCall;
  void OnEnd(const std::shared_ptr<OwnCall>& call, const RawDone& done);

  Loop& loop_;
  Upstream& upstream_;
  std::set<std::shared_ptr<OwnCall>> live_;
  Lifetime lifetime_;  // of the calls in live_
};

}  // namespace sidecar_shim

#endif  // SIDECAR_SHIM_SHIM_CRI_UNARY_CLIENT_H_
