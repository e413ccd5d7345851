// A scripted HTTP/1.1 server on the loopback interface, one thread per connection.
#ifndef SIDECAR_SHIM_TESTS_SUPPORT_HTTP_SERVER_H_
#define SIDECAR_SHIM_TESTS_SUPPORT_HTTP_SERVER_H_

#include <condition_variable>
#include <functional>
#include <list>
#include <map>
#include <mutex>
#include <string>
#include <thread>
#include <utility>
#include <vector>

#include "tests/support/loopback_port.h"

namespace sidecar_shim::testing {

struct SeenRequest {
  std::string target;                          // path and query
  std::map<std::string, std::string> headers;  // names in lower case
};

// One request at the server. Its handler runs on the connection's thread.
class HttpExchange {
 public:
  explicit HttpExchange(int fd) : fd_(fd) {}
  // A complete response.
  void Reply(int code, const std::string& body);
  void Redirect(const std::string& location);
  // A response in chunks. False once the client has closed the connection.
  bool Begin();
  bool Piece(const std::string& data);
  void End();
  // Closes the connection.
  void Cut();
  // Blocks until the client closes the connection or the server is destroyed.
  void AwaitHangUp();

 private:
  bool Write(const std::string& bytes);
  int fd_;
};

class HttpServer {
 public:
  using Serve = std::function<void(const SeenRequest&, HttpExchange&)>;

  // On a free port.
  explicit HttpServer(Serve serve) : HttpServer(std::move(serve), LoopbackPort()) {}
  HttpServer(Serve serve, const LoopbackPort& port);
  // Closes all connections and waits for the handlers, which must not be waiting
  // for anything else.
  ~HttpServer();

  int port() const { return port_; }
  std::string url() const { return "http://127.0.0.1:" + std::to_string(port_); }
  // All requests so far.
  std::vector<SeenRequest> Seen() const;

 private:
  struct Connection {
    int fd;
    std::thread thread;
  };
  void Accept();
  void Handle(int fd);

  const Serve serve_;
  const int listener_;
  const int port_;
  mutable std::mutex mutex_;
  bool stopping_ = false;              // guarded by mutex_
  std::list<Connection> connections_;  // guarded by mutex_
  std::vector<SeenRequest> seen_;      // guarded by mutex_
  std::thread thread_;
};

}  // namespace sidecar_shim::testing

#endif  // SIDECAR_SHIM_TESTS_SUPPORT_HTTP_SERVER_H_
