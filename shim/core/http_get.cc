#include "shim/core/http_get.h"

#include <curl/curl.h>

#include <chrono>
#include <memory>

#include "absl/strings/str_cat.h"

namespace sidecar_shim {
namespace {

size_t Discard(char*, size_t size, size_t count, void*) { return size * count; }

}  // namespace

absl::Status HttpGet(const std::string& url, const std::vector<std::pair<std::string, std::string>>& headers,
                     policy::Duration timeout) {
  std::unique_ptr<CURL, decltype(&curl_easy_cleanup)> curl(curl_easy_init(), &curl_easy_cleanup);
  if (!curl) return absl::InternalError("libcurl did not start");
  std::unique_ptr<curl_slist, decltype(&curl_slist_free_all)> lines(nullptr, &curl_slist_free_all);
  for (const auto& [name, value] : headers) {
    lines.reset(curl_slist_append(lines.release(), absl::StrCat(name, ": ", value).c_str()));
  }
  const long milliseconds = std::chrono::duration_cast<std::chrono::milliseconds>(timeout).count();
  curl_easy_setopt(curl.get(), CURLOPT_URL, url.c_str());
  curl_easy_setopt(curl.get(), CURLOPT_HTTPHEADER, lines.get());
  curl_easy_setopt(curl.get(), CURLOPT_TIMEOUT_MS, milliseconds);
  curl_easy_setopt(curl.get(), CURLOPT_NOSIGNAL, 1L);
  curl_easy_setopt(curl.get(), CURLOPT_NOPROXY, "*");
  curl_easy_setopt(curl.get(), CURLOPT_SSL_VERIFYPEER, 0L);
  curl_easy_setopt(curl.get(), CURLOPT_SSL_VERIFYHOST, 0L);
  curl_easy_setopt(curl.get(), CURLOPT_PROTOCOLS_STR, "http,https");
  curl_easy_setopt(curl.get(), CURLOPT_WRITEFUNCTION, &Discard);
  const CURLcode result = curl_easy_perform(curl.get());
  if (result != CURLE_OK) return absl::UnavailableError(absl::StrCat(url, ": ", curl_easy_strerror(result)));
  long code = 0;
  curl_easy_getinfo(curl.get(), CURLINFO_RESPONSE_CODE, &code);
  if (code < 200 || code >= 400) return absl::UnavailableError(absl::StrCat(url, ": HTTP status ", code));
  return absl::OkStatus();
}

}  // namespace sidecar_shim
