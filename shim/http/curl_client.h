// HTTP over the network: one background thread drives libcurl's multi
// interface, so that any number of requests, long watches included, run
// concurrently. Timeouts are in real time, whatever clock the loop has.
#ifndef SIDECAR_SHIM_SHIM_HTTP_CURL_CLIENT_H_
#define SIDECAR_SHIM_SHIM_HTTP_CURL_CLIENT_H_

#include <functional>
#include <memory>

#include "shim/base/loop.h"
#include "shim/http/http_client.h"

namespace sidecar_shim {

class CurlClient : public HttpClient {
 public:
  explicit CurlClient(Loop& loop);
  // As Stop().
  ~CurlClient() override;
  CurlClient(const CurlClient&) = delete;
  CurlClient& operator=(const CurlClient&) = delete;

  Id Send(HttpRequest request, std::function<void(const HttpResult&)> done,
          std::function<void(absl::string_view)> on_data) override;
  using HttpClient::Send;
  void Cancel(Id id) override;

  // Cancels all requests and joins the thread. Loop thread only.
  void Stop();

 private:
  struct State;
  std::shared_ptr<State> state_;
};

}  // namespace sidecar_shim

#endif  // SIDECAR_SHIM_SHIM_HTTP_CURL_CLIENT_H_
