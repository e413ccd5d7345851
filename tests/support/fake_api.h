// An API server with the pods of one node, scripted by the test. Thread-safe.
#ifndef SIDECAR_SHIM_TESTS_SUPPORT_FAKE_API_H_
#define SIDECAR_SHIM_TESTS_SUPPORT_FAKE_API_H_

#include <algorithm>
#include <condition_variable>
#include <deque>
#include <map>
#include <memory>
#include <mutex>
#include <string>
#include <utility>
#include <vector>

#include "absl/strings/str_cat.h"
#include "absl/strings/str_join.h"
#include "tests/support/http_server.h"
#include "tests/support/loopback_port.h"

namespace sidecar_shim::testing {

// A pod in namespace "ns" with one container, called `container`.
inline std::string PodJson(const std::string& name, const std::string& uid, const std::string& container,
                           const std::string& version = "1", const std::string& annotations = "") {
  return absl::StrCat(R"({"kind":"Pod","apiVersion":"v1","metadata":{"namespace":"ns","name":")", name,
                      R"(","uid":")", uid, R"(","resourceVersion":")", version, R"(","annotations":{)",
                      annotations, R"(}},"spec":{"restartPolicy":"Never","containers":[{"name":")", container,
                      R"("}]},"status":{}})");
}

inline std::string ListJson(const std::string& version, const std::vector<std::string>& pods) {
  return absl::StrCat(R"({"kind":"PodList","apiVersion":"v1","metadata":{"resourceVersion":")", version,
                      R"("},"items":[)", absl::StrJoin(pods, ","), "]}");
}

inline std::string EventJson(const std::string& type, const std::string& object) {
  return absl::StrCat(R"({"type":")", type, R"(","object":)", object, "}\n");
}

class FakeApi {
 public:
  FakeApi() { Start(); }
  ~FakeApi() { Stop(); }

  void Start() {
    server_ = std::make_unique<HttpServer>(
        [this](const SeenRequest& request, HttpExchange& exchange) { Serve(request, exchange); }, port_);
  }

  // Closes the port and all connections.
  void Stop() {
    {
      const std::lock_guard lock(mutex_);
      stopping_ = true;
      changed_.notify_all();
    }
    server_.reset();
    const std::lock_guard lock(mutex_);
    stopping_ = false;
    watch_.clear();
  }

  std::string url() const { return port_.url(); }

  void SetList(const std::string& body, int code = 200) {
    const std::lock_guard lock(mutex_);
    list_ = {code, body};
    changed_.notify_all();
  }
  // Lists wait until the next SetList().
  void HoldLists() { SetList("", 0); }
  void SetPod(const std::string& name, const std::string& body, int code = 200) {
    const std::lock_guard lock(mutex_);
    pods_["/api/v1/namespaces/ns/pods/" + name] = {code, body};
  }
  // The bearer token that requests must have; without it all are accepted.
  void SetToken(const std::string& token) {
    const std::lock_guard lock(mutex_);
    token_ = token;
  }
  // The HTTP status of later watches.
  void SetWatchCode(int code) {
    const std::lock_guard lock(mutex_);
    watch_code_ = code;
  }

  // On the open watch, or on the next one.
  void Send(const std::string& piece) { Order({WatchOrder::Kind::kPiece, piece}); }
  void EndWatch() { Order({WatchOrder::Kind::kEnd, ""}); }
  void CutWatch() { Order({WatchOrder::Kind::kCut, ""}); }

  // The request targets that contain `part`, in order of arrival.
  std::vector<std::string> Targets(const std::string& part) const {
    const std::lock_guard lock(mutex_);
    std::vector<std::string> found;
    for (const std::string& target : targets_) {
      if (target.find(part) != std::string::npos) found.push_back(target);
    }
    return found;
  }
  size_t Lists() const { return Targets("/pods?").size() - Watches(); }
  size_t Watches() const { return Targets("watch=true").size(); }
  size_t Gets() const { return Targets("/namespaces/").size(); }

 private:
  struct Response {
    int code = 404;
    std::string body;
  };
  struct WatchOrder {
    enum class Kind { kPiece, kEnd, kCut };
    Kind kind = Kind::kPiece;
    std::string piece;
  };

  void Order(WatchOrder order) {
    const std::lock_guard lock(mutex_);
    watch_.push_back(std::move(order));
    changed_.notify_all();
  }

  void Serve(const SeenRequest& request, HttpExchange& exchange) {
    std::unique_lock lock(mutex_);
    targets_.push_back(request.target);
    auto authorization = request.headers.find("authorization");
    if (!token_.empty() &&
        (authorization == request.headers.end() || authorization->second != "Bearer " + token_)) {
      lock.unlock();
      exchange.Reply(401, "{}");
      return;
    }
    if (request.target.find("watch=true") != std::string::npos) {
      if (watch_code_ != 200) {
        const int code = watch_code_;
        lock.unlock();
        exchange.Reply(code, "{}");
      } else {
        ServeWatch(lock, exchange);
      }
      return;
    }
    Response response;
    if (request.target.find("/pods?") != std::string::npos) {
      changed_.wait(lock, [this] { return stopping_ || list_.code != 0; });
      response = list_;
    } else if (auto it = pods_.find(request.target); it != pods_.end()) {
      response = it->second;
    }
    lock.unlock();
    if (response.code == 0) {
      exchange.AwaitHangUp();
    } else {
      exchange.Reply(response.code, response.body);
    }
  }

  void ServeWatch(std::unique_lock<std::mutex>& lock, HttpExchange& exchange) {
    bool there = exchange.Begin();
    while (there) {
      changed_.wait(lock, [this] { return stopping_ || !watch_.empty(); });
      if (stopping_) return;
      const WatchOrder order = watch_.front();
      watch_.pop_front();
      if (order.kind == WatchOrder::Kind::kCut) exchange.Cut();
      if (order.kind == WatchOrder::Kind::kEnd) exchange.End();
      if (order.kind != WatchOrder::Kind::kPiece) return;
      there = exchange.Piece(order.piece);
    }
  }

  const LoopbackPort port_;
  mutable std::mutex mutex_;
  std::condition_variable changed_;
  bool stopping_ = false;
  Response list_{200, ListJson("10", {})};
  std::map<std::string, Response> pods_;
  std::string token_;
  int watch_code_ = 200;
  std::deque<WatchOrder> watch_;
  std::vector<std::string> targets_;
  std::unique_ptr<HttpServer> server_;
};

}  // namespace sidecar_shim::testing

#endif  // SIDECAR_SHIM_TESTS_SUPPORT_FAKE_API_H_
