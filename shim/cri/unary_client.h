// The shim's own calls: one message each way, answered on the loop.
#ifndef SIDECAR_SHIM_SHIM_CRI_UNARY_CLIENT_H_
#define SIDECAR_SHIM_SHIM_CRI_UNARY_CLIENT_H_

#include <grpcpp/grpcpp.h>

#include <functional>
#include <memory>
#include <set>
#include <string>

#include "shim/base/loop.h"
#include "shim/cri/bytes.h"
#include "shim/cri/upstream.h"

namespace sidecar_shim {

class UnaryClient {
 public:
  UnaryClient(Loop& loop, Upstream& upstream) : loop_(loop), upstream_(upstream) {}
  ~UnaryClient() { CancelAll(); }

  using RawDone = std::function<void(const grpc::Status&, const grpc::ByteBuffer&)>;

  // Fails with UNAVAILABLE at once where nobody listens. `timeout` bounds the
  // call. done runs exactly once, on the loop.
  void CallRaw(const std::string& method, const grpc::ByteBuffer& request, Duration timeout, RawDone done);

  template <typename Response, typename Request>
  void Call(const std::string& method, const Request& request, Duration timeout,
            std::function<void(const grpc::Status&, const Response&)> done) {
    CallRaw(method, ToBytes(request), timeout,
            [done = std::move(done)](const grpc::Status& status, const grpc::ByteBuffer& bytes) {
              Response response;
              if (status.ok() && !FromBytes(bytes, response)) {
                done(grpc::Status(grpc::StatusCode::INTERNAL, "malformed answer"), response);
                return;
              }
              done(status, response);
            });
  }

  // Ends what is under way; used before the loop shuts down.
  void CancelAll();

 private:
  Loop& loop_;
  Upstream& upstream_;
  struct OwnCall;

  std::shared_ptr<std::set<std::shared_ptr<OwnCall>>> live_ =
      std::make_shared<std::set<std::shared_ptr<OwnCall>>>();
};

}  // namespace sidecar_shim

#endif  // SIDECAR_SHIM_SHIM_CRI_UNARY_CLIENT_H_
