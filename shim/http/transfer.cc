#include "shim/http/transfer.h"

#include <algorithm>
#include <chrono>
#include <utility>

#include "absl/strings/str_cat.h"
#include "shim/http/http_url.h"

namespace sidecar_shim {
namespace {

constexpr size_t kLargestBody = 64 * 1024 * 1024;

// At least 1 where there is a limit at all: to libcurl 0 means none.
long TimeoutMs(Duration duration) {
  if (duration <= Duration{0}) return 0;
  return std::max<long>(1, std::chrono::duration_cast<std::chrono::milliseconds>(duration).count());
}

// libcurl copies the text.
bool SetBlob(CURL* easy, CURLoption option, const std::string& text) {
  if (text.empty()) return true;
  curl_blob blob{const_cast<char*>(text.data()), text.size(), CURL_BLOB_COPY};
  return curl_easy_setopt(easy, option, &blob) == CURLE_OK;
}

}  // namespace

Transfer::Transfer(HttpClient::Id id, HttpRequest request, std::function<void(std::string)> on_piece)
    : id_(id), request_(std::move(request)), on_piece_(std::move(on_piece)), easy_(curl_easy_init()) {}

Transfer::~Transfer() {
  curl_slist_free_all(headers_);
  curl_slist_free_all(connect_to_);
  curl_easy_cleanup(easy_);
}

Transfer& Transfer::Of(CURL* easy) {
  char* transfer = nullptr;
  curl_easy_getinfo(easy, CURLINFO_PRIVATE, &transfer);
  return *reinterpret_cast<Transfer*>(transfer);
}

void Transfer::SetHeaders() {
  for (const auto& [name, value] : request_.headers) {
    // With a colon libcurl would take an empty one for a header to leave out.
    const std::string line = value.empty() ? absl::StrCat(name, ";") : absl::StrCat(name, ": ", value);
    headers_ = curl_slist_append(headers_, line.c_str());
  }
  if (request_.own_connection) headers_ = curl_slist_append(headers_, "Connection: close");
  std::string url = request_.url;
  if (!request_.server_name.empty()) {
    const ConnectOverride connect = ConnectOverrideFor(request_.url, request_.server_name);
    url = connect.url;
    connect_to_ = curl_slist_append(nullptr, connect.connect_to.c_str());
    headers_ = curl_slist_append(headers_, connect.host_header.c_str());
    curl_easy_setopt(easy_, CURLOPT_CONNECT_TO, connect_to_);
  }
  curl_easy_setopt(easy_, CURLOPT_URL, url.c_str());
  curl_easy_setopt(easy_, CURLOPT_HTTPHEADER, headers_);
}

bool Transfer::SetTls() {
  curl_easy_setopt(easy_, CURLOPT_SSL_VERIFYPEER, request_.verify ? 1L : 0L);
  curl_easy_setopt(easy_, CURLOPT_SSL_VERIFYHOST, request_.verify ? 2L : 0L);
  // Otherwise the system's directory would count as well.
  if (!request_.ca.empty()) curl_easy_setopt(easy_, CURLOPT_CAPATH, nullptr);
  return SetBlob(easy_, CURLOPT_CAINFO_BLOB, request_.ca) &&
         SetBlob(easy_, CURLOPT_SSLCERT_BLOB, request_.cert) &&
         SetBlob(easy_, CURLOPT_SSLKEY_BLOB, request_.key);
}

bool Transfer::Configure() {
  curl_easy_setopt(easy_, CURLOPT_PRIVATE, this);
  SetHeaders();
  // One request per connection at a time: a connection that breaks takes one
  // request with it, and a request that times out closes its connection.
  curl_easy_setopt(easy_, CURLOPT_HTTP_VERSION, CURL_HTTP_VERSION_1_1);
  curl_easy_setopt(easy_, CURLOPT_CONNECTTIMEOUT_MS, TimeoutMs(request_.connect_timeout));
  curl_easy_setopt(easy_, CURLOPT_TIMEOUT_MS, TimeoutMs(request_.timeout));
  curl_easy_setopt(easy_, CURLOPT_NOSIGNAL, 1L);
  curl_easy_setopt(easy_, CURLOPT_NOPROXY, "*");
  // A name server that does not answer delays only the request that queries it:
  // libcurl would join its resolver's thread.
  curl_easy_setopt(easy_, CURLOPT_QUICK_EXIT, 1L);
  curl_easy_setopt(easy_, CURLOPT_PROTOCOLS_STR, "http,https");
  curl_easy_setopt(easy_, CURLOPT_WRITEFUNCTION, &Transfer::OnBody);
  curl_easy_setopt(easy_, CURLOPT_WRITEDATA, this);
  if (request_.own_connection) {
    curl_easy_setopt(easy_, CURLOPT_FRESH_CONNECT, 1L);
    curl_easy_setopt(easy_, CURLOPT_FORBID_REUSE, 1L);
  }
  curl_easy_setopt(easy_, CURLOPT_CONNECT_ONLY, request_.connect_only ? 1L : 0L);
  last_activity_ = MonotonicNow();
  return SetTls();
}

Time Transfer::SilentUntil() const {
  return request_.silence > Duration{0} ? last_activity_ + request_.silence : Time::max();
}

size_t Transfer::OnBody(char* data, size_t size, size_t count, void* user) {
  const size_t length = size * count;
  return static_cast<Transfer*>(user)->Receive({data, length}) ? length : 0;
}

bool Transfer::Receive(absl::string_view piece) {
  last_activity_ = MonotonicNow();
  const int code = ResponseCode();
  if (on_piece_ && code >= 200 && code < 300) {
    on_piece_(std::string(piece));
    return true;
  }
  const size_t length = body_.size() + piece.size();
  satisfied_ = request_.enough_body > 0 && length > request_.enough_body;
  too_large_ = !satisfied_ && length > kLargestBody;
  if (satisfied_ || too_large_) return false;
  body_.append(piece.data(), piece.size());
  return true;
}

HttpResult Transfer::Finish(CURLcode code) {
  HttpResult result;
  result.status = StatusOf(code);
  result.code = ResponseCode();
  result.body = std::move(body_);
  const char* redirect = nullptr;
  curl_easy_getinfo(easy_, CURLINFO_REDIRECT_URL, &redirect);
  if (redirect != nullptr) result.redirect = redirect;
  return result;
}

absl::Status Transfer::StatusOf(CURLcode code) const {
  if (code == CURLE_OK || satisfied_) return absl::OkStatus();
  if (code == CURLE_ABORTED_BY_CALLBACK) {
    return absl::DeadlineExceededError(absl::StrCat(request_.url, ": nothing received for too long"));
  }
  const std::string why = too_large_                     ? "the answer is larger than 64 MiB"
                          : code == CURLE_UNKNOWN_OPTION ? "this libcurl takes no certificates from memory"
                                                         : curl_easy_strerror(code);
  return absl::UnavailableError(absl::StrCat(request_.url, ": ", why));
}

int Transfer::ResponseCode() const {
  long code = 0;
  curl_easy_getinfo(easy_, CURLINFO_RESPONSE_CODE, &code);
  return static_cast<int>(code);
}

}  // namespace sidecar_shim
