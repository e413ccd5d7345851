// URLs of http and https, written and read. Any thread.
#ifndef SIDECAR_SHIM_SHIM_HTTP_HTTP_URL_H_
#define SIDECAR_SHIM_SHIM_HTTP_HTTP_URL_H_

#include <string>

#include "absl/strings/string_view.h"

namespace sidecar_shim {

// "http://[::1]:8080/path"; an IPv6 host is put in brackets.
std::string HttpUrl(absl::string_view scheme, absl::string_view host, int port, absl::string_view path);

// The host of a URL, "" where it has none.
std::string HttpHost(const std::string& url);

// How a request to `url` reaches its address although TLS is to verify another
// name: the name stands in the URL, which libcurl checks the certificate
// against, and the connection is redirected to the real host.
struct ConnectOverride {
  std::string url;
  std::string connect_to;   // for CURLOPT_CONNECT_TO
  std::string host_header;  // what the server sees as its name, unchanged
};
ConnectOverride ConnectOverrideFor(const std::string& url, const std::string& server_name);

}  // namespace sidecar_shim

#endif  // SIDECAR_SHIM_SHIM_HTTP_HTTP_URL_H_
