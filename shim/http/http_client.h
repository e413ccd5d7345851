// HTTP requests from the loop, as an interface: CurlClient sends them over the
// network, tests answer them themselves.
#ifndef SIDECAR_SHIM_SHIM_HTTP_HTTP_CLIENT_H_
#define SIDECAR_SHIM_SHIM_HTTP_HTTP_CLIENT_H_

#include <chrono>
#include <cstdint>
#include <functional>
#include <string>
#include <utility>
#include <vector>

#include "absl/status/status.h"
#include "absl/strings/str_cat.h"
#include "absl/strings/string_view.h"
#include "shim/base/clock.h"

namespace sidecar_shim {

struct HttpRequest {
  std::string url;  // http or https
  std::vector<std::pair<std::string, std::string>> headers;
  Duration connect_timeout = std::chrono::seconds(5);
  // For the whole exchange; 0 = none (a watch).
  Duration timeout = std::chrono::seconds(10);
  // A connection that has received nothing for this long counts as dead; 0 = never.
  Duration silence{0};

  // TLS, as PEM texts: what a file contains changes when certificates rotate,
  // and a connection made with the old one must not serve a request with the
  // new one. An empty ca means the system's; verify = false checks nothing
  // (kubelet's probes and hooks do not either).
  bool verify = true;
  std::string ca;
  std::string cert;
  std::string key;
  // The name to request (SNI) and to verify, where it is not the URL's host.
  std::string server_name;

  // Only connect, as a tcpSocket probe does.
  bool connect_only = false;
  // Uses no connection of an earlier request and leaves none behind: a server
  // may serve one at a time.
  bool own_connection = false;
  // Once more than this much of the body has arrived the request has succeeded and
  // nothing more is read; 0 = the whole body is wanted.
  size_t enough_body = 0;
};

struct HttpResult {
  // Of the transport: OK also for an HTTP status of 500. kDeadlineExceeded: the
  // connection was silent for too long; kUnavailable: everything else. The
  // message names the URL and what went wrong.
  absl::Status status;
  int code = 0;
  std::string body;      // empty where on_data received it
  std::string redirect;  // the absolute URL of a Location header, or ""
};

// OK where the exchange succeeded with a code of 200-399, which is what
// kubelet's probes and hooks require.
inline absl::Status HttpSuccess(const HttpResult& result) {
  if (!result.status.ok() || (result.code >= 200 && result.code < 400)) return result.status;
  return absl::UnavailableError(absl::StrCat("HTTP status ", result.code));
}

// Loop thread only.
class HttpClient {
 public:
  using Id = uint64_t;  // never 0

  virtual ~HttpClient() = default;

  // `done` runs exactly once, on the loop and never before Send() has returned,
  // unless the request is cancelled before. With `on_data` the body of an answer
  // with a code of 200-299 is passed to it as it arrives, before `done`. Bodies
  // that are not are limited to 64 MiB.
  virtual Id Send(HttpRequest request, std::function<void(const HttpResult&)> done,
                  std::function<void(absl::string_view)> on_data) = 0;
  Id Send(HttpRequest request, std::function<void(const HttpResult&)> done) {
    return Send(std::move(request), std::move(done), nullptr);
  }

  // No callback of this request runs after this. Unknown ids are ignored.
  virtual void Cancel(Id id) = 0;
};

}  // namespace sidecar_shim

#endif  // SIDECAR_SHIM_SHIM_HTTP_HTTP_CLIENT_H_
