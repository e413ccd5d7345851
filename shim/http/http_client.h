// HTTP for everything that talks to the world beyond CRI: one background
// thread turns libcurl's multi interface, so that any number of requests, long
// watches included, wait side by side. Results come back on the loop.
#ifndef SIDECAR_SHIM_SHIM_HTTP_HTTP_CLIENT_H_
#define SIDECAR_SHIM_SHIM_HTTP_HTTP_CLIENT_H_

#include <functional>
#include <memory>
#include <string>
#include <utility>
#include <vector>

#include "absl/status/status.h"
#include "absl/strings/string_view.h"
#include "shim/base/loop.h"

namespace sidecar_shim {

struct HttpRequest {
  std::string url;  // http or https
  std::vector<std::pair<std::string, std::string>> headers;
  Duration connect_timeout = std::chrono::seconds(5);
  // For the whole exchange; 0 = none (a watch).
  Duration timeout = std::chrono::seconds(10);
  // A connection over which nothing has come for so long is dead; 0 = never.
  Duration silence{0};

  // TLS, as PEM texts: what a file says changes when certificates rotate, and a
  // connection made with the old one must not serve a request with the new one.
  // An empty ca means the system's; verify = false checks nothing (kubelet's
  // probes and hooks do not either).
  bool verify = true;
  std::string ca;
  std::string cert;
  std::string key;
  // The name to ask for and to check, where it is not the url's host.
  std::string server_name;

  // Only connect, as a tcpSocket probe does.
  bool connect_only = false;
  // Uses no connection of an earlier request and leaves none behind: a server
  // may serve one at a time.
  bool own_connection = false;
  // All is well once more than so much of the body has come, and nothing more
  // is read; 0 = all of it is wanted.
  size_t enough_body = 0;
};

struct HttpResult {
  // Of the transport: OK also for an HTTP status of 500. kDeadlineExceeded: it
  // was silent for too long; kUnavailable: everything else. The message names
  // the url and what went wrong.
  absl::Status status;
  int code = 0;
  std::string body;  // empty where on_data took it
  // Where the answer sends the client to, as a whole url; "" = nowhere.
  std::string redirect;
};

// "http://[::1]:8080/path"; an IPv6 host is put in brackets.
std::string HttpUrl(absl::string_view scheme, absl::string_view host, int port, absl::string_view path);

// The host of a url, "" where there is none.
std::string HttpHost(const std::string& url);

// OK where the exchange went well with a code of 200-399, which is what
// kubelet's probes and hooks ask for.
absl::Status HttpSuccess(const HttpResult& result);

class HttpClient {
 public:
  using Id = uint64_t;

  explicit HttpClient(Loop& loop);
  // As Stop().
  ~HttpClient();
  HttpClient(const HttpClient&) = delete;
  HttpClient& operator=(const HttpClient&) = delete;

  // Loop thread only. `done` runs exactly once, on the loop, unless the request
  // is cancelled before. With `on_data` the body is handed over as it comes,
  // on the loop, before `done`; only for codes 200-299. Bodies are limited to
  // 64 MiB where nobody takes them in pieces.
  Id Send(HttpRequest request, std::function<void(const HttpResult&)> done,
          std::function<void(absl::string_view)> on_data = nullptr);
  // No callback of this request runs after this. Unknown ids are ignored.
  void Cancel(Id id);
  // Cancels everything and joins the thread.
  void Stop();

 private:
  struct State;
  std::shared_ptr<State> state_;
};

}  // namespace sidecar_shim

#endif  // SIDECAR_SHIM_SHIM_HTTP_HTTP_CLIENT_H_
