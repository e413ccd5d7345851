#include "shim/http/http_client.h"

#include <curl/curl.h>

#include <algorithm>
#include <chrono>
#include <map>
#include <mutex>
#include <thread>

#include "absl/strings/match.h"
#include "absl/strings/str_cat.h"

namespace sidecar_shim {
namespace {

constexpr size_t kLargestBody = 64 * 1024 * 1024;
constexpr Duration kIdlePoll = std::chrono::seconds(60);

long Milliseconds(Duration duration) {
  if (duration <= Duration{0}) return 0;
  return std::max<long>(1, std::chrono::duration_cast<std::chrono::milliseconds>(duration).count());
}

// libcurl copies the text.
bool SetBlob(CURL* easy, CURLoption option, const std::string& text) {
  if (text.empty()) return true;
  curl_blob blob{const_cast<char*>(text.data()), text.size(), CURL_BLOB_COPY};
  return curl_easy_setopt(easy, option, &blob) == CURLE_OK;
}

std::string UrlPart(CURLU* url, CURLUPart part, unsigned int flags = 0) {
  char* text = nullptr;
  if (curl_url_get(url, part, &text, flags) != CURLUE_OK) return "";
  std::string copy(text);
  curl_free(text);
  return copy;
}

// The other name stands in the url, which libcurl checks the certificate
// against, and the connection is led to the real address.
struct ConnectOverride {
  std::string url;
  std::string connect_to;
  std::string host_header;
};

using UrlParts = std::unique_ptr<CURLU, void (*)(CURLU*)>;

UrlParts Parse(const std::string& url) {
  UrlParts parts(curl_url(), &curl_url_cleanup);
  curl_url_set(parts.get(), CURLUPART_URL, url.c_str(), 0);
  return parts;
}

ConnectOverride ConnectOverrideFor(const std::string& url, const std::string& server_name) {
  const UrlParts parts = Parse(url);
  const std::string host = UrlPart(parts.get(), CURLUPART_HOST);
  const std::string port = UrlPart(parts.get(), CURLUPART_PORT, CURLU_DEFAULT_PORT);
  curl_url_set(parts.get(), CURLUPART_HOST, server_name.c_str(), 0);
  return {UrlPart(parts.get(), CURLUPART_URL), absl::StrCat(server_name, ":", port, ":", host, ":", port),
          absl::StrCat("Host: ", host, ":", port)};
}

}  // namespace

std::string HttpUrl(absl::string_view scheme, absl::string_view host, int port, absl::string_view path) {
  const bool ipv6 = absl::StrContains(host, ':');
  return absl::StrCat(scheme, "://", ipv6 ? "[" : "", host, ipv6 ? "]" : "", ":", port,
                      absl::StartsWith(path, "/") ? "" : "/", path);
}

std::string HttpHost(const std::string& url) { return UrlPart(Parse(url).get(), CURLUPART_HOST); }

absl::Status HttpSuccess(const HttpResult& result) {
  if (!result.status.ok() || (result.code >= 200 && result.code < 400)) return result.status;
  return absl::UnavailableError(absl::StrCat("HTTP status ", result.code));
}

// Shared by the loop (callbacks, the calls), the thread (transfers) and the
// jobs between them, which may outlive the client.
struct HttpClient::State : std::enable_shared_from_this<State> {
  struct Callbacks {
    std::function<void(const HttpResult&)> done;
    std::function<void(absl::string_view)> on_data;
  };

  // One request on its way; the thread's.
  struct Transfer {
    ~Transfer() {
      curl_slist_free_all(headers);
      curl_slist_free_all(connect_to);
      curl_easy_cleanup(easy);
    }
    State* state = nullptr;
    Id id = 0;
    HttpRequest request;
    bool streams = false;
    CURL* easy = nullptr;
    curl_slist* headers = nullptr;
    curl_slist* connect_to = nullptr;
    std::string body;
    bool too_large = false;
    bool satisfied = false;  // has all it wants
    Time last_activity{};
  };

  explicit State(Loop& its_loop) : loop(its_loop), multi(curl_multi_init()) {}
  ~State() { curl_multi_cleanup(multi); }

  void Begin(Id id, HttpRequest request, bool streams);
  // False where this libcurl does not take inline certificates.
  bool Configure(Transfer& transfer);
  void End(Transfer& transfer, CURLcode result);
  void Drop(Id id);
  // Ends what has been silent for too long; how long until the next may be.
  Duration EndSilent();
  void Run();
  static size_t OnBody(char* data, size_t size, size_t count, void* user);

  Loop& loop;
  CURLM* const multi;
  std::thread thread;

  // Loop thread only.
  Id next = 1;
  std::map<Id, std::shared_ptr<Callbacks>> callbacks;

  std::mutex mutex;
  std::vector<std::function<void()>> orders;  // for the thread; guarded by mutex
  bool stopping = false;                      // guarded by mutex

  // The thread's.
  std::map<Id, std::unique_ptr<Transfer>> transfers;
};

size_t HttpClient::State::OnBody(char* data, size_t size, size_t count, void* user) {
  auto& transfer = *static_cast<Transfer*>(user);
  const size_t length = size * count;
  transfer.last_activity = Loop::Now();
  long code = 0;
  curl_easy_getinfo(transfer.easy, CURLINFO_RESPONSE_CODE, &code);
  if (transfer.streams && code >= 200 && code < 300) {
    transfer.state->loop.Post(
        [state = transfer.state->shared_from_this(), id = transfer.id, piece = std::string(data, length)] {
          auto it = state->callbacks.find(id);
          if (it == state->callbacks.end()) return;
          // It may cancel its own request.
          const std::shared_ptr<Callbacks> found = it->second;
          found->on_data(piece);
        });
    return length;
  }
  if (transfer.request.enough_body > 0 && transfer.body.size() + length > transfer.request.enough_body) {
    transfer.satisfied = true;
    return 0;
  }
  if (transfer.body.size() + length > kLargestBody) {
    transfer.too_large = true;
    return 0;
  }
  transfer.body.append(data, length);
  return length;
}

Duration HttpClient::State::EndSilent() {
  const Time now = Loop::Now();
  Duration next = kIdlePoll;
  std::vector<Transfer*> silent;
  for (const auto& [id, transfer] : transfers) {
    if (transfer->request.silence <= Duration{0}) continue;
    const Duration left = transfer->last_activity + transfer->request.silence - now;
    if (left <= Duration{0}) {
      silent.push_back(transfer.get());
    } else {
      next = std::min(next, left);
    }
  }
  for (Transfer* transfer : silent) End(*transfer, CURLE_ABORTED_BY_CALLBACK);
  return next;
}

bool HttpClient::State::Configure(Transfer& transfer) {
  const HttpRequest& request = transfer.request;
  CURL* easy = transfer.easy;
  for (const auto& [name, value] : request.headers) {
    // With a colon libcurl would take an empty one for a header to leave out.
    transfer.headers =
        curl_slist_append(transfer.headers, value.empty() ? absl::StrCat(name, ";").c_str()
                                                          : absl::StrCat(name, ": ", value).c_str());
  }
  if (request.own_connection) transfer.headers = curl_slist_append(transfer.headers, "Connection: close");
  std::string url = request.url;
  if (!request.server_name.empty()) {
    const ConnectOverride connect_override = ConnectOverrideFor(request.url, request.server_name);
    url = connect_override.url;
    transfer.connect_to = curl_slist_append(nullptr, connect_override.connect_to.c_str());
    transfer.headers = curl_slist_append(transfer.headers, connect_override.host_header.c_str());
    curl_easy_setopt(easy, CURLOPT_CONNECT_TO, transfer.connect_to);
  }
  curl_easy_setopt(easy, CURLOPT_PRIVATE, &transfer);
  curl_easy_setopt(easy, CURLOPT_URL, url.c_str());
  curl_easy_setopt(easy, CURLOPT_HTTPHEADER, transfer.headers);
  // One request per connection at a time: what dies with a connection is one
  // request, and one that times out takes its connection along.
  curl_easy_setopt(easy, CURLOPT_HTTP_VERSION, CURL_HTTP_VERSION_1_1);
  curl_easy_setopt(easy, CURLOPT_CONNECTTIMEOUT_MS, Milliseconds(request.connect_timeout));
  curl_easy_setopt(easy, CURLOPT_TIMEOUT_MS, Milliseconds(request.timeout));
  curl_easy_setopt(easy, CURLOPT_NOSIGNAL, 1L);
  curl_easy_setopt(easy, CURLOPT_NOPROXY, "*");
  // A name server that does not answer holds up the request that asks it, and
  // no other: libcurl would join its resolver's thread.
  curl_easy_setopt(easy, CURLOPT_QUICK_EXIT, 1L);
  curl_easy_setopt(easy, CURLOPT_PROTOCOLS_STR, "http,https");
  curl_easy_setopt(easy, CURLOPT_WRITEFUNCTION, &State::OnBody);
  curl_easy_setopt(easy, CURLOPT_WRITEDATA, &transfer);
  if (request.own_connection) {
    curl_easy_setopt(easy, CURLOPT_FRESH_CONNECT, 1L);
    curl_easy_setopt(easy, CURLOPT_FORBID_REUSE, 1L);
  }
  curl_easy_setopt(easy, CURLOPT_CONNECT_ONLY, request.connect_only ? 1L : 0L);
  transfer.last_activity = Loop::Now();
  curl_easy_setopt(easy, CURLOPT_SSL_VERIFYPEER, request.verify ? 1L : 0L);
  curl_easy_setopt(easy, CURLOPT_SSL_VERIFYHOST, request.verify ? 2L : 0L);
  // Otherwise the system's directory would count as well.
  if (!request.ca.empty()) curl_easy_setopt(easy, CURLOPT_CAPATH, nullptr);
  return SetBlob(easy, CURLOPT_CAINFO_BLOB, request.ca) &&
         SetBlob(easy, CURLOPT_SSLCERT_BLOB, request.cert) && SetBlob(easy, CURLOPT_SSLKEY_BLOB, request.key);
}

void HttpClient::State::Begin(Id id, HttpRequest request, bool streams) {
  auto transfer = std::make_unique<Transfer>();
  transfer->state = this;
  transfer->id = id;
  transfer->request = std::move(request);
  transfer->streams = streams;
  transfer->easy = curl_easy_init();
  Transfer& started = *(transfers[id] = std::move(transfer));
  if (!Configure(started)) {
    End(started, CURLE_UNKNOWN_OPTION);
    return;
  }
  curl_multi_add_handle(multi, started.easy);
}

void HttpClient::State::Drop(Id id) {
  auto it = transfers.find(id);
  if (it == transfers.end()) return;
  curl_multi_remove_handle(multi, it->second->easy);
  transfers.erase(it);
}

void HttpClient::State::End(Transfer& transfer, CURLcode result) {
  HttpResult answer;
  long code = 0;
  curl_easy_getinfo(transfer.easy, CURLINFO_RESPONSE_CODE, &code);
  answer.code = static_cast<int>(code);
  answer.body = std::move(transfer.body);
  const char* redirect = nullptr;
  curl_easy_getinfo(transfer.easy, CURLINFO_REDIRECT_URL, &redirect);
  if (redirect != nullptr) answer.redirect = redirect;
  if (result == CURLE_ABORTED_BY_CALLBACK && !transfer.too_large) {
    answer.status =
        absl::DeadlineExceededError(absl::StrCat(transfer.request.url, ": nothing has come for too long"));
  } else if (result != CURLE_OK && !transfer.satisfied) {
    const std::string why = transfer.too_large               ? "the answer is larger than 64 MiB"
                            : result == CURLE_UNKNOWN_OPTION ? "this libcurl takes no inline certificates"
                                                             : curl_easy_strerror(result);
    answer.status = absl::UnavailableError(absl::StrCat(transfer.request.url, ": ", why));
  }
  loop.Post([state = shared_from_this(), id = transfer.id, answer = std::move(answer)] {
    auto it = state->callbacks.find(id);
    if (it == state->callbacks.end()) return;
    const std::shared_ptr<Callbacks> found = it->second;
    state->callbacks.erase(it);
    found->done(answer);
  });
  Drop(transfer.id);
}

void HttpClient::State::Run() {
  while (true) {
    std::vector<std::function<void()>> taken;
    {
      std::lock_guard lock(mutex);
      if (stopping) break;
      taken.swap(orders);
    }
    for (const std::function<void()>& order : taken) order();
    int running = 0;
    curl_multi_perform(multi, &running);
    int left = 0;
    while (CURLMsg* message = curl_multi_info_read(multi, &left)) {
      if (message->msg != CURLMSG_DONE) continue;
      char* transfer = nullptr;
      curl_easy_getinfo(message->easy_handle, CURLINFO_PRIVATE, &transfer);
      End(*reinterpret_cast<Transfer*>(transfer), message->data.result);
    }
    curl_multi_poll(multi, nullptr, 0, static_cast<int>(Milliseconds(EndSilent())), nullptr);
  }
  while (!transfers.empty()) Drop(transfers.begin()->first);
}

HttpClient::HttpClient(Loop& loop) : state_(std::make_shared<State>(loop)) {
  state_->thread = std::thread([state = state_.get()] { state->Run(); });
}

HttpClient::~HttpClient() { Stop(); }

HttpClient::Id HttpClient::Send(HttpRequest request, std::function<void(const HttpResult&)> done,
                                std::function<void(absl::string_view)> on_data) {
  const Id id = state_->next++;
  const bool streams = on_data != nullptr;
  state_->callbacks[id] =
      std::make_shared<State::Callbacks>(State::Callbacks{std::move(done), std::move(on_data)});
  {
    std::lock_guard lock(state_->mutex);
    state_->orders.emplace_back([state = state_.get(), id, request = std::move(request), streams] {
      state->Begin(id, request, streams);
    });
  }
  curl_multi_wakeup(state_->multi);
  return id;
}

void HttpClient::Cancel(Id id) {
  if (state_->callbacks.erase(id) == 0) return;
  {
    std::lock_guard lock(state_->mutex);
    state_->orders.emplace_back([state = state_.get(), id] { state->Drop(id); });
  }
  curl_multi_wakeup(state_->multi);
}

void HttpClient::Stop() {
  state_->callbacks.clear();
  {
    std::lock_guard lock(state_->mutex);
    state_->stopping = true;
  }
  curl_multi_wakeup(state_->multi);
  if (state_->thread.joinable()) state_->thread.join();
}

}  // namespace sidecar_shim
