#include "tests/fuzz/fuzz_handlers.h"

#include <iterator>
#include <memory>
#include <string>
#include <utility>

#include "tests/fuzz/fuzz_input.h"

namespace sidecar_shim::testing {

class FuzzHandler : public CallHandler {
 public:
  FuzzHandler(FuzzHandlers& all, const FuzzMethod& method)
      : all_(all), method_(method), place_(all.live_.insert(all.live_.end(), this)) {
    if (!WantsRequest()) state_ = State::kForwarded;
  }
  ~FuzzHandler() override {
    all_.live_.erase(place_);
    // A handler that has heard nothing has been left out: its call has no single message.
    Check(state_ != State::kWaiting, "a handler that waits hears of the end");
    // What is not wanted may also be ended before it is forwarded, without a word.
    Check(state_ != State::kForwarded || (!WantsRequest() && !responded_), "a forwarded call has an OnEnd");
  }

  bool WantsRequest() const override { return method_.on_request != OnItsRequest::kNotWanted; }

  void OnRequest(RelayedCall& call) override {
    Check(state_ == State::kNew, "OnRequest comes once");
    call_ = &call;
    size_ = call.request().size();
    state_ = State::kWaiting;
    if (method_.on_request != OnItsRequest::kWait) Decide(method_.on_request);
  }

  void Decide(OnItsRequest decision) {
    if (state_ != State::kWaiting) return;
    Check(call_->request().size() == size_, "the request stays");
    const std::string text(size_, 'r');
    state_ = State::kOver;
    if (decision == OnItsRequest::kReply) return call_->Reply(text);
    if (decision == OnItsRequest::kFail) return call_->Fail({grpc::StatusCode::ALREADY_EXISTS, text});
    state_ = State::kForwarded;
    if (decision == OnItsRequest::kChange) return call_->ForwardChanged(text);
    call_->Forward();
  }

  ResponseWanted Response() override {
    CheckForwarded();
    Check(!std::exchange(responded_, true), "Response comes once");
    return method_.wanted;
  }

  bool HoldResponse(std::string_view /*response*/, std::function<void()> release) override {
    CheckForwarded();
    Check(method_.wanted == ResponseWanted::kWhole && !held_, "one whole message is held");
    held_ = method_.holds;
    if (held_) all_.releases_.push_back(std::move(release));
    return held_;
  }

  std::optional<std::string> OnResponse(std::string_view response) override {
    CheckForwarded();
    Check(method_.wanted != ResponseWanted::kNothing, "only what is wanted comes");
    held_ = false;
    if (!method_.replaces) return std::nullopt;
    return std::string(response.size() / 2, 'p');
  }

  void OnEnd(const grpc::Status& /*status*/) override {
    CheckForwarded();
    state_ = State::kOver;
  }

  void OnCancelled() override {
    Check(state_ == State::kWaiting, "only a call that waits is cancelled");
    state_ = State::kOver;
  }

 private:
  enum class State { kNew, kWaiting, kForwarded, kOver };

  void CheckForwarded() const {
    Check(state_ == State::kForwarded, "what follows Forward comes before OnEnd");
  }

  FuzzHandlers& all_;
  const FuzzMethod& method_;
  const std::list<FuzzHandler*>::iterator place_;
  State state_ = State::kNew;
  RelayedCall* call_ = nullptr;
  size_t size_ = 0;
  bool responded_ = false;
  bool held_ = false;
};

HandlerTable FuzzHandlers::Table() {
  HandlerTable table;
  for (const FuzzMethod& method : kFuzzMethods) {
    if (method.on_request == OnItsRequest::kNoHandler) continue;
    table[std::string(method.path)] = [this, &method]() -> std::unique_ptr<CallHandler> {
      if (method.on_request == OnItsRequest::kNullHandler) return nullptr;
      return std::make_unique<FuzzHandler>(*this, method);
    };
  }
  return table;
}

void FuzzHandlers::GoOn(size_t index, size_t choice) {
  constexpr OnItsRequest kDecisions[] = {OnItsRequest::kForward, OnItsRequest::kChange, OnItsRequest::kReply,
                                         OnItsRequest::kFail};
  if (choice < std::size(kDecisions)) {
    if (live_.empty()) return;
    (*std::next(live_.begin(), static_cast<ptrdiff_t>(index % live_.size())))->Decide(kDecisions[choice]);
  } else if (!releases_.empty()) {
    const auto release = releases_.begin() + static_cast<ptrdiff_t>(index % releases_.size());
    const std::function<void()> run = std::move(*release);
    releases_.erase(release);
    run();
  }
}

void FuzzHandlers::ReleaseAll() {
  for (const std::function<void()>& release : std::exchange(releases_, {})) release();
}

}  // namespace sidecar_shim::testing
