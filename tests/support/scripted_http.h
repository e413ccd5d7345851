// An HTTP client whose requests a test answers.
#ifndef SIDECAR_SHIM_TESTS_SUPPORT_SCRIPTED_HTTP_H_
#define SIDECAR_SHIM_TESTS_SUPPORT_SCRIPTED_HTTP_H_

#include <functional>
#include <map>
#include <string>
#include <utility>
#include <vector>

#include "shim/http/http_client.h"

namespace sidecar_shim::testing {

class ScriptedHttp : public HttpClient {
 public:
  using HttpClient::Send;
  Id Send(HttpRequest request, std::function<void(const HttpResult&)> done,
          std::function<void(absl::string_view)> on_data) override {
    const Id id = ++count_;
    urls_.push_back(request.url);
    pending_[id] = {std::move(request), std::move(done), std::move(on_data)};
    return id;
  }
  void Cancel(Id id) override { pending_.erase(id); }

  // The URLs of all requests so far.
  const std::vector<std::string>& urls() const { return urls_; }
  // Requests that have been neither answered nor cancelled.
  size_t pending() const { return pending_.size(); }
  // The oldest of them, which must exist.
  const HttpRequest& front() const { return pending_.begin()->second.request; }

  // Answers the oldest pending request.
  void Answer(int code, const std::string& body) {
    HttpResult result;
    result.code = code;
    result.body = body;
    Answer(result);
  }
  void Fail(const absl::Status& status) {
    HttpResult result;
    result.status = status;
    Answer(result);
  }
  void Answer(const HttpResult& result) {
    auto node = pending_.extract(pending_.begin());
    node.mapped().done(result);
  }
  // A piece of the oldest pending request's body.
  void Data(const std::string& piece) {
    const auto on_data = pending_.begin()->second.on_data;
    on_data(piece);
  }

 private:
  struct Pending {
    HttpRequest request;
    std::function<void(const HttpResult&)> done;
    std::function<void(absl::string_view)> on_data;
  };
  Id count_ = 0;
  std::vector<std::string> urls_;
  std::map<Id, Pending> pending_;
};

}  // namespace sidecar_shim::testing

#endif  // SIDECAR_SHIM_TESTS_SUPPORT_SCRIPTED_HTTP_H_
