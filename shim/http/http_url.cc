#include "shim/http/http_url.h"

#include <curl/curl.h>

#include <memory>

#include "absl/strings/match.h"
#include "absl/strings/str_cat.h"

namespace sidecar_shim {
namespace {

using UrlParts = std::unique_ptr<CURLU, void (*)(CURLU*)>;

UrlParts ParseUrl(const std::string& url) {
  UrlParts parts(curl_url(), &curl_url_cleanup);
  curl_url_set(parts.get(), CURLUPART_URL, url.c_str(), 0);
  return parts;
}

std::string UrlPart(const UrlParts& url, CURLUPart part, unsigned int flags = 0) {
  char* text = nullptr;
  if (curl_url_get(url.get(), part, &text, flags) != CURLUE_OK) return "";
  std::string copy(text);
  curl_free(text);
  return copy;
}

}  // namespace

std::string HttpUrl(absl::string_view scheme, absl::string_view host, int port, absl::string_view path) {
  const bool ipv6 = absl::StrContains(host, ':');
  return absl::StrCat(scheme, "://", ipv6 ? "[" : "", host, ipv6 ? "]" : "", ":", port,
                      absl::StartsWith(path, "/") ? "" : "/", path);
}

std::string HttpHost(const std::string& url) { return UrlPart(ParseUrl(url), CURLUPART_HOST); }

ConnectOverride ConnectOverrideFor(const std::string& url, const std::string& server_name) {
  const UrlParts parts = ParseUrl(url);
  const std::string host = UrlPart(parts, CURLUPART_HOST);
  const std::string port = UrlPart(parts, CURLUPART_PORT, CURLU_DEFAULT_PORT);
  curl_url_set(parts.get(), CURLUPART_HOST, server_name.c_str(), 0);
  return {UrlPart(parts, CURLUPART_URL), absl::StrCat(server_name, ":", port, ":", host, ":", port),
          absl::StrCat("Host: ", host, ":", port)};
}

}  // namespace sidecar_shim
