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
constexpr int kIdlePollMilliseconds = 60 * 1000;

long Milliseconds(Duration duration) {
  if (duration <= Duration{0}) return 0;
  return std::max<long>(1, std::chrono::duration_cast<std::chrono::milliseconds>(duration).count());
}

}  // namespace

std::string HttpUrl(absl::string_view scheme, absl::string_view host, int port, absl::string_view path) {
  const bool ipv6 = absl::StrContains(host, ':');
  return absl::StrCat(scheme, "://", ipv6 ? "[" : "", host, ipv6 ? "]" : "", ":", port,
                      absl::StartsWith(path, "/") ? "" : "/", path);
}

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
      curl_easy_cleanup(easy);
    }
    State* state = nullptr;
    Id id = 0;
    HttpRequest request;
    bool streams = false;
    CURL* easy = nullptr;
    curl_slist* headers = nullptr;
    std::string body;
    bool too_large = false;
    std::chrono::steady_clock::time_point last_heard;
    curl_off_t heard = 0;
  };

  explicit State(Loop& its_loop) : loop(its_loop), multi(curl_multi_init()) {}
  ~State() { curl_multi_cleanup(multi); }

  void Begin(Id id, HttpRequest request, bool streams);
  void Configure(Transfer& transfer);
  void End(Transfer& transfer, CURLcode result);
  void Drop(Id id);
  void Run();
  static size_t OnBody(char* data, size_t size, size_t count, void* user);
  static int OnProgress(void* user, curl_off_t, curl_off_t downloaded, curl_off_t, curl_off_t);

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
  if (transfer.body.size() + length > kLargestBody) {
    transfer.too_large = true;
    return 0;
  }
  transfer.body.append(data, length);
  return length;
}

// libcurl calls it about once a second, also while nothing comes.
int HttpClient::State::OnProgress(void* user, curl_off_t, curl_off_t downloaded, curl_off_t, curl_off_t) {
  auto& transfer = *static_cast<Transfer*>(user);
  const auto now = std::chrono::steady_clock::now();
  if (transfer.heard != downloaded) {
    transfer.heard = downloaded;
    transfer.last_heard = now;
  }
  return now - transfer.last_heard > transfer.request.silence ? 1 : 0;
}

void HttpClient::State::Configure(Transfer& transfer) {
  const HttpRequest& request = transfer.request;
  CURL* easy = transfer.easy;
  for (const auto& [name, value] : request.headers) {
    transfer.headers = curl_slist_append(transfer.headers, absl::StrCat(name, ": ", value).c_str());
  }
  curl_easy_setopt(easy, CURLOPT_PRIVATE, &transfer);
  curl_easy_setopt(easy, CURLOPT_URL, request.url.c_str());
  curl_easy_setopt(easy, CURLOPT_HTTPHEADER, transfer.headers);
  curl_easy_setopt(easy, CURLOPT_CONNECTTIMEOUT_MS, Milliseconds(request.connect_timeout));
  curl_easy_setopt(easy, CURLOPT_TIMEOUT_MS, Milliseconds(request.timeout));
  curl_easy_setopt(easy, CURLOPT_NOSIGNAL, 1L);
  curl_easy_setopt(easy, CURLOPT_NOPROXY, "*");
  curl_easy_setopt(easy, CURLOPT_PROTOCOLS_STR, "http,https");
  curl_easy_setopt(easy, CURLOPT_WRITEFUNCTION, &State::OnBody);
  curl_easy_setopt(easy, CURLOPT_WRITEDATA, &transfer);
  curl_easy_setopt(easy, CURLOPT_CONNECT_ONLY, request.connect_only ? 1L : 0L);
  if (request.silence > Duration{0}) {
    transfer.last_heard = std::chrono::steady_clock::now();
    curl_easy_setopt(easy, CURLOPT_NOPROGRESS, 0L);
    curl_easy_setopt(easy, CURLOPT_XFERINFOFUNCTION, &State::OnProgress);
    curl_easy_setopt(easy, CURLOPT_XFERINFODATA, &transfer);
  }
  curl_easy_setopt(easy, CURLOPT_SSL_VERIFYPEER, request.verify ? 1L : 0L);
  curl_easy_setopt(easy, CURLOPT_SSL_VERIFYHOST, request.verify ? 2L : 0L);
  if (!request.ca_file.empty()) curl_easy_setopt(easy, CURLOPT_CAINFO, request.ca_file.c_str());
  if (!request.cert_file.empty()) curl_easy_setopt(easy, CURLOPT_SSLCERT, request.cert_file.c_str());
  if (!request.key_file.empty()) curl_easy_setopt(easy, CURLOPT_SSLKEY, request.key_file.c_str());
}

void HttpClient::State::Begin(Id id, HttpRequest request, bool streams) {
  auto transfer = std::make_unique<Transfer>();
  transfer->state = this;
  transfer->id = id;
  transfer->request = std::move(request);
  transfer->streams = streams;
  transfer->easy = curl_easy_init();
  Transfer& started = *(transfers[id] = std::move(transfer));
  Configure(started);
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
  if (result != CURLE_OK) {
    const std::string why = transfer.too_large                    ? "the answer is larger than 64 MiB"
                            : result == CURLE_ABORTED_BY_CALLBACK ? "nothing has come for too long"
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
    curl_multi_poll(multi, nullptr, 0, kIdlePollMilliseconds, nullptr);
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
    state_->orders.push_back([state = state_.get(), id, request = std::move(request), streams] {
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
    state_->orders.push_back([state = state_.get(), id] { state->Drop(id); });
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
