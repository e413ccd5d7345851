#include "shim/relay/watchdog.h"

#include <spdlog/spdlog.h>

#include <algorithm>
#include <chrono>

#include "cri.pb.h"
#include "shim/cri/bytes.h"
#include "shim/cri/methods.h"

namespace sidecar_shim {
namespace {

constexpr int kQuestions = 2;

}  // namespace

struct Watchdog::Question {
  int unanswered = 0;  // before this one
  Time asked{0};
  bool withdrawn = false;
  grpc::ClientContext context;
  grpc::ByteBuffer response;
  grpc::Status status;
  std::unique_ptr<grpc::GenericClientAsyncResponseReader> reader;
};

Watchdog::Watchdog(Loop& loop, Upstream& upstream, Duration silence, Duration patience)
    : loop_(loop), upstream_(upstream), silence_(silence), patience_(patience), timer_(loop) {
  upstream_.OnBusy([this] {
    busy_since_ = Loop::Now();
    if (!timer_.pending() && !question_) Watch();
  });
}

void Watchdog::Stop() {
  upstream_.OnBusy(nullptr);
  timer_.Cancel();
  if (!question_) return;
  question_->withdrawn = true;
  question_->context.TryCancel();
  question_.reset();
}

void Watchdog::Watch() {
  timer_.Start(std::max(busy_since_, upstream_.last_heard()) + silence_, [this] { Look(); });
}

void Watchdog::Look() {
  if (!upstream_.busy()) return;
  if (Loop::Now() < std::max(busy_since_, upstream_.last_heard()) + silence_) {
    Watch();
    return;
  }
  Ask(0);
}

void Watchdog::Ask(int unanswered) {
  auto question = std::make_shared<Question>();
  question->unanswered = unanswered;
  question->asked = Loop::Now();
  question->context.set_deadline(std::chrono::system_clock::now() +
                                 std::chrono::duration_cast<std::chrono::microseconds>(patience_));
  question->reader = upstream_.stub().PrepareUnaryCall(&question->context, RuntimeMethod("Version"),
                                                       ToBytes(runtime::v1::VersionRequest()), loop_.queue());
  question->reader->StartCall();
  question_ = question;
  question->reader->Finish(&question->response, &question->status, loop_.Tag([this, question](bool) {
    // Withdrawn: the watchdog itself may be no more.
    if (!question->withdrawn) OnAnswer(*question);
  }));
}

void Watchdog::OnAnswer(const Question& question) {
  const std::shared_ptr<Question> ended = std::move(question_);
  const bool silent = question.status.error_code() == grpc::StatusCode::DEADLINE_EXCEEDED &&
                      upstream_.last_heard() < question.asked;
  // Any other end is either an answer, if only "unknown service", or a broken
  // connection, which ends all calls by itself.
  if (!silent) upstream_.Heard();
  if (!upstream_.busy()) return;
  if (!silent) {
    Watch();
  } else if (question.unanswered + 1 < kQuestions) {
    Ask(question.unanswered + 1);
  } else {
    spdlog::error(
        "{} has not answered anything for {} s, not even Version: ending the calls to it",
        upstream_.endpoint(),
        std::chrono::duration_cast<std::chrono::seconds>(silence_ + kQuestions * patience_).count());
    upstream_.GiveUp();
    busy_since_ = Loop::Now();
    Watch();
  }
}

}  // namespace sidecar_shim
