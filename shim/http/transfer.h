// One HTTP request as libcurl executes it: options, body, result. Belongs to
// one thread, that of CurlClient.
#ifndef SIDECAR_SHIM_SHIM_HTTP_TRANSFER_H_
#define SIDECAR_SHIM_SHIM_HTTP_TRANSFER_H_

#include <curl/curl.h>

#include <functional>
#include <string>

#include "shim/base/clock.h"
#include "shim/http/http_client.h"

namespace sidecar_shim {

class Transfer {
 public:
  // With `on_piece`, the body of an answer with a code of 200-299 goes there
  // piece by piece; otherwise it becomes part of the result.
  Transfer(HttpClient::Id id, HttpRequest request, std::function<void(std::string)> on_piece);
  ~Transfer();
  Transfer(const Transfer&) = delete;
  Transfer& operator=(const Transfer&) = delete;

  // The transfer that this handle belongs to.
  static Transfer& Of(CURL* easy);

  HttpClient::Id id() const { return id_; }
  CURL* easy() const { return easy_; }

  // Sets all of libcurl's options. False where this libcurl does not take
  // certificates from memory.
  bool Configure();

  // When it has been silent for too long; Time::max() where it may be silent.
  Time SilentUntil() const;

  // What the request came to when libcurl ended it with `code`;
  // CURLE_ABORTED_BY_CALLBACK: it was ended for its silence. Once.
  HttpResult Finish(CURLcode code);

 private:
  void SetHeaders();
  bool SetTls();
  static size_t OnBody(char* data, size_t size, size_t count, void* user);
  // False: no more of the body is wanted.
  bool Receive(absl::string_view piece);
  absl::Status StatusOf(CURLcode code) const;
  int ResponseCode() const;

  const HttpClient::Id id_;
  const HttpRequest request_;
  const std::function<void(std::string)> on_piece_;
  CURL* const easy_;
  curl_slist* headers_ = nullptr;
  curl_slist* connect_to_ = nullptr;
  std::string body_;
  bool too_large_ = false;
  bool satisfied_ = false;  // as much of the body as was wanted has arrived
  Time last_activity_{};
};

}  // namespace sidecar_shim

#endif  // SIDECAR_SHIM_SHIM_HTTP_TRANSFER_H_
