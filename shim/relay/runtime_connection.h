// A connection to the runtime, dialled when it is made: calls may be opened at
// once and leave with the preface. Loop thread only.
#ifndef SIDECAR_SHIM_SHIM_RELAY_RUNTIME_CONNECTION_H_
#define SIDECAR_SHIM_SHIM_RELAY_RUNTIME_CONNECTION_H_

#include <functional>
#include <memory>
#include <string>

#include "shim/base/loop.h"
#include "shim/base/slice.h"
#include "shim/cri/upstream.h"
#include "shim/http2/connection.h"

namespace sidecar_shim {

class RuntimeConnection : public std::enable_shared_from_this<RuntimeConnection>,
                          private http2::ConnectionObserver {
 public:
  // `alone`: for changing calls, one at a time; else for queries. `on_change` runs when a use has ended or
  // the connection has closed.
  RuntimeConnection(Loop& loop, BlockPool& pool, Upstream& upstream, bool alone,
                    std::function<void()> on_change);

  // A call's part in a connection, until it is destroyed.
  class Use {
   public:
    explicit Use(RuntimeConnection& connection) : connection_(connection) { ++connection_.uses_; }
    ~Use() {
      --connection_.uses_;
      connection_.on_change_();
    }
    Use(const Use&) = delete;
    Use& operator=(const Use&) = delete;
    http2::Stream& Open(const http2::HeaderBlock& block, bool end, http2::StreamObserver& observer) {
      return connection_.connection_.Open(block, end, observer);
    }
    RuntimeConnection& connection() { return connection_; }
    // UNAVAILABLE, with the reason why the connection has closed.
    grpc::Status Lost() const;
    // Its end was the fault of what the runtime sent, not of the runtime's state.
    bool broken_by_answer() const { return connection_.connection_.gave_up(); }

   private:
    RuntimeConnection& connection_;
  };

  // Whether it can carry new calls.
  bool usable() const { return !retired_ && connection_.AcceptsStreams(); }
  bool closed() const { return closed_; }
  size_t uses() const { return uses_; }
  bool alone() const { return alone_; }
  // The caller's connection whose calls it carries: no other's are on it at the same time.
  const void* caller() const { return caller_; }
  void set_caller(const void* caller) { caller_ = caller; }
  // While it is paused the runtime cannot send.
  void SetPaused(bool paused);
  bool paused() const { return paused_; }
  // Carries no new calls, and closes when those that it has are over.
  void Retire();

 private:
  void Dial(Time deadline);
  void OnReceived() override { upstream_.RecordActivity(loop_.Now()); }
  void OnIdle() override {
    if (retired_ && uses_ == 0) connection_.Close("");
  }
  http2::StreamObserver* OnStream(http2::Stream& /*stream*/) override { return nullptr; }
  void OnConnectionClosed(const std::string& error) override;

  Loop& loop_;
  Upstream& upstream_;
  const bool alone_;
  const void* caller_ = nullptr;
  const std::function<void()> on_change_;
  size_t uses_ = 0;
  bool paused_ = false;
  bool retired_ = false;
  bool closed_ = false;
  Loop::Timer dial_timer_;
  http2::Connection connection_;
};

}  // namespace sidecar_shim

#endif  // SIDECAR_SHIM_SHIM_RELAY_RUNTIME_CONNECTION_H_
