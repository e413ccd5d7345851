// A runtime that a test writes frame by frame: RawServer (raw_server.h) cannot break HTTP/2's rules.
#ifndef SIDECAR_SHIM_TESTS_SUPPORT_RAW_RUNTIME_H_
#define SIDECAR_SHIM_TESTS_SUPPORT_RAW_RUNTIME_H_

#include <functional>
#include <list>
#include <memory>
#include <mutex>
#include <string>
#include <thread>

#include "tests/support/raw_connection.h"

namespace sidecar_shim::testing {

struct RawRequest {
  uint32_t stream = 0;
  std::string path;
};

// Listens on a unix socket and serves each connection on a thread of its own.
class RawRuntime {
 public:
  // `number` counts the connections from 0. The connection is closed when this returns.
  using Serve = std::function<void(RawConnection& connection, int number)>;

  RawRuntime(const std::string& path, Serve serve);
  // Ends all connections; `serve` must return when its connection is closed.
  ~RawRuntime();

 private:
  void Accept();

  RawListener listener_;
  const Serve serve_;
  std::mutex mutex_;  // for the two lists
  std::list<std::unique_ptr<RawConnection>> connections_;
  std::list<std::thread> threads_;
  std::thread acceptor_;
};

// What a connection's server does, on its thread.
struct RawScript {
  // A whole request has arrived. False: it is answered with OK and an empty message.
  std::function<bool(RawConnection&, const RawRequest&)> on_request = [](RawConnection&, const RawRequest&) {
    return false;
  };
  // Beside the server's own reaction, before it.
  std::function<void(RawConnection&, const Frame&)> on_frame = [](RawConnection&, const Frame&) {};
};

// Receives the preface, sends SETTINGS and lets the peer send as much as it likes.
bool GreetCaller(RawConnection& connection, const SettingList& settings = {});
// Serves requests until the peer closes, as a runtime should, but for what `script` does. Streams of events
// stay open and silent.
void ServeCalls(RawConnection& connection, const RawScript& script);

}  // namespace sidecar_shim::testing

#endif  // SIDECAR_SHIM_TESTS_SUPPORT_RAW_RUNTIME_H_
