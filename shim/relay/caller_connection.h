// A connection that kubelet, or another client, has opened, with its calls. Loop
// thread only.
#ifndef SIDECAR_SHIM_SHIM_RELAY_CALLER_CONNECTION_H_
#define SIDECAR_SHIM_SHIM_RELAY_CALLER_CONNECTION_H_

#include <functional>
#include <list>
#include <memory>
#include <vector>

#include "shim/base/loop.h"
#include "shim/base/slice.h"
#include "shim/http2/connection.h"
#include "shim/relay/call.h"
#include "shim/relay/runtime_pool.h"

namespace sidecar_shim {

// What all connections of the relay share.
struct RelayParts {
  Loop& loop;
  BlockPool& blocks;
  const HandlerTable& handlers;
  RuntimePool& runtime;
  RuntimePool& images;
  bool shutting_down = false;
  size_t live_calls = 0;
  uint64_t accepted_calls = 0;
};

class CallerConnection : private CallHost, private http2::ConnectionObserver {
 public:
  // `on_closed` runs once; the connection may be destroyed at the end of the
  // turn.
  CallerConnection(RelayParts& parts, int fd, std::function<void()> on_closed);
  ~CallerConnection() override;

  // Ends endless calls; closes once all others have ended.
  void Drain();
  // Ends all calls with `status`.
  void AbortAll(const grpc::Status& status);
  void Close() { connection_.Close(""); }
  bool closed() const { return closed_; }

 private:
  // CallHost
  Loop& loop() override { return parts_.loop; }
  Method LookUp(std::string_view path) override { return sidecar_shim::LookUp(path, parts_.handlers); }
  Upstream& UpstreamFor(const Method& method) override { return PoolFor(method).upstream(); }
  RuntimeConnection& Connect(const Method& method, bool alone) override;
  void Pause(RuntimeConnection& connection) override;
  void OnEndless(Call& call) override;
  void OnCallOver(Call& call) override;

  // http2::ConnectionObserver
  http2::StreamObserver* OnStream(http2::Stream& stream) override;
  void OnRelieved() override;
  void OnConnectionClosed(const std::string& error) override;

  RuntimePool& PoolFor(const Method& method) { return method.images ? parts_.images : parts_.runtime; }

  RelayParts& parts_;
  const std::function<void()> on_closed_;
  bool closed_ = false;
  std::list<Call> calls_;
  std::vector<Call*> endless_;
  std::list<Call> over_;  // may still be on the stack
  std::vector<std::shared_ptr<RuntimeConnection>> paused_;
  Loop::TurnEnd sweep_;
  http2::Connection connection_;
};

}  // namespace sidecar_shim

#endif  // SIDECAR_SHIM_SHIM_RELAY_CALLER_CONNECTION_H_
