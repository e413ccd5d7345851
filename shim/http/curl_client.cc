#include "shim/http/curl_client.h"

#include <curl/curl.h>

#include <algorithm>
#include <chrono>
#include <map>
#include <mutex>
#include <string>
#include <thread>
#include <utility>
#include <vector>

#include "shim/http/transfer.h"

namespace sidecar_shim {
namespace {

constexpr Duration kIdlePoll = std::chrono::seconds(60);

}  // namespace

// Shared by the loop (callbacks, orders), the thread (transfers) and the posts
// between them, which may outlive the client.
struct CurlClient::State : std::enable_shared_from_this<State> {
  struct Callbacks {
    std::function<void(const HttpResult&)> done;
    std::function<void(absl::string_view)> on_data;
  };

  explicit State(Loop& its_loop) : loop(its_loop), multi(curl_multi_init()) {}
  ~State() { curl_multi_cleanup(multi); }

  // On the thread.
  void Run();
  void Begin(Id id, const HttpRequest& request, bool streams);
  void EndFinished();
  // Ends the transfers that have been silent for too long. How long until the
  // next one may be.
  Duration EndSilent();
  void End(Transfer& transfer, CURLcode code);
  void Drop(Id id);

  // On the loop.
  void Order(std::function<void()> order);
  void OnPiece(Id id, const std::string& piece);
  void OnEnd(Id id, const HttpResult& result);

  Loop& loop;
  CURLM* const multi;
  std::thread thread;

  // The loop's.
  Id next = 1;
  std::map<Id, std::shared_ptr<Callbacks>> callbacks;

  std::mutex mutex;
  std::vector<std::function<void()>> orders;  // for the thread; guarded by mutex
  bool stopping = false;                      // guarded by mutex

  // The thread's.
  std::map<Id, std::unique_ptr<Transfer>> transfers;
};

void CurlClient::State::Run() {
  while (true) {
    std::vector<std::function<void()>> taken;
    {
      const std::lock_guard lock(mutex);
      if (stopping) break;
      taken.swap(orders);
    }
    for (const std::function<void()>& order : taken) order();
    int running = 0;
    curl_multi_perform(multi, &running);
    EndFinished();
    const auto pause = std::chrono::ceil<std::chrono::milliseconds>(EndSilent());
    curl_multi_poll(multi, nullptr, 0, static_cast<int>(pause.count()), nullptr);
  }
  while (!transfers.empty()) Drop(transfers.begin()->first);
}

void CurlClient::State::Begin(Id id, const HttpRequest& request, bool streams) {
  std::function<void(std::string)> on_piece;
  if (streams) {
    on_piece = [this, id](std::string piece) {
      loop.Post([self = shared_from_this(), id, piece = std::move(piece)] { self->OnPiece(id, piece); });
    };
  }
  Transfer& transfer = *(transfers[id] = std::make_unique<Transfer>(id, request, std::move(on_piece)));
  if (!transfer.Configure()) {
    End(transfer, CURLE_UNKNOWN_OPTION);
    return;
  }
  curl_multi_add_handle(multi, transfer.easy());
}

void CurlClient::State::EndFinished() {
  int left = 0;
  while (CURLMsg* message = curl_multi_info_read(multi, &left)) {
    if (message->msg == CURLMSG_DONE) End(Transfer::Of(message->easy_handle), message->data.result);
  }
}

Duration CurlClient::State::EndSilent() {
  const Time now = MonotonicNow();
  Time next = now + kIdlePoll;
  std::vector<Transfer*> silent;
  for (const auto& [id, transfer] : transfers) {
    const Time until = transfer->SilentUntil();
    if (until <= now) {
      silent.push_back(transfer.get());
    } else {
      next = std::min(next, until);
    }
  }
  for (Transfer* transfer : silent) End(*transfer, CURLE_ABORTED_BY_CALLBACK);
  return next - now;
}

void CurlClient::State::End(Transfer& transfer, CURLcode code) {
  loop.Post([self = shared_from_this(), id = transfer.id(), result = transfer.Finish(code)] {
    self->OnEnd(id, result);
  });
  Drop(transfer.id());
}

void CurlClient::State::Drop(Id id) {
  auto it = transfers.find(id);
  if (it == transfers.end()) return;
  curl_multi_remove_handle(multi, it->second->easy());
  transfers.erase(it);
}

void CurlClient::State::Order(std::function<void()> order) {
  {
    const std::lock_guard lock(mutex);
    orders.push_back(std::move(order));
  }
  curl_multi_wakeup(multi);
}

void CurlClient::State::OnPiece(Id id, const std::string& piece) {
  auto it = callbacks.find(id);
  if (it == callbacks.end()) return;
  // It may cancel its own request.
  const std::shared_ptr<Callbacks> found = it->second;
  found->on_data(piece);
}

void CurlClient::State::OnEnd(Id id, const HttpResult& result) {
  auto node = callbacks.extract(id);
  if (!node.empty()) node.mapped()->done(result);
}

CurlClient::CurlClient(Loop& loop) : state_(std::make_shared<State>(loop)) {
  state_->thread = std::thread([state = state_.get()] { state->Run(); });
}

CurlClient::~CurlClient() { Stop(); }

HttpClient::Id CurlClient::Send(HttpRequest request, std::function<void(const HttpResult&)> done,
                                std::function<void(absl::string_view)> on_data) {
  const Id id = state_->next++;
  const bool streams = on_data != nullptr;
  state_->callbacks[id] =
      std::make_shared<State::Callbacks>(State::Callbacks{std::move(done), std::move(on_data)});
  state_->Order([state = state_.get(), id, request = std::move(request), streams] {
    state->Begin(id, request, streams);
  });
  return id;
}

void CurlClient::Cancel(Id id) {
  if (state_->callbacks.erase(id) == 0) return;
  state_->Order([state = state_.get(), id] { state->Drop(id); });
}

void CurlClient::Stop() {
  state_->callbacks.clear();
  {
    const std::lock_guard lock(state_->mutex);
    state_->stopping = true;
  }
  curl_multi_wakeup(state_->multi);
  if (state_->thread.joinable()) state_->thread.join();
}

}  // namespace sidecar_shim
