#include "shim/cri/watchdog.h"

#include <spdlog/spdlog.h>

#include <algorithm>
#include <chrono>

#include "cri.pb.h"
#include "shim/cri/bytes.h"
#include "shim/cri/methods.h"

namespace sidecar_shim {
namespace {

constexpr int kQueries = 2;

}  // namespace

struct Watchdog::VersionQuery {
  int unanswered = 0;  // before this one
  Time sent_at{};
  bool cancelled = false;
  grpc::ClientContext context;
  grpc::ByteBuffer response;
  grpc::Status status;
  std::unique_ptr<grpc::GenericClientAsyncResponseReader> reader;
};

Watchdog::Watchdog(Loop& loop, Upstream& upstream, Duration silence, Duration query_timeout)
    : loop_(loop), upstream_(upstream), silence_(silence), query_timeout_(query_timeout), timer_(loop) {
  upstream_.OnBusy([this] {
    busy_since_ = Loop::Now();
    if (!timer_.pending() && !query_) Watch();
  });
}

void Watchdog::Stop() {
  upstream_.OnBusy(nullptr);
  timer_.Cancel();
  if (!query_) return;
  query_->cancelled = true;
  query_->context.TryCancel();
  query_.reset();
}

void Watchdog::Watch() {
  timer_.Start(std::max(busy_since_, upstream_.last_activity()) + silence_, [this] { Look(); });
}

void Watchdog::Look() {
  if (!upstream_.busy()) return;
  if (Loop::Now() < std::max(busy_since_, upstream_.last_activity()) + silence_) {
    Watch();
    return;
  }
  Query(0);
}

void Watchdog::Query(int unanswered) {
  auto query = std::make_shared<VersionQuery>();
  query->unanswered = unanswered;
  query->sent_at = Loop::Now();
  query->context.set_deadline(std::chrono::system_clock::now() +
                              std::chrono::duration_cast<std::chrono::microseconds>(query_timeout_));
  query->reader = upstream_.stub().PrepareUnaryCall(&query->context, RuntimeMethod("Version"),
                                                    ToBytes(runtime::v1::VersionRequest()), loop_.queue());
  query->reader->StartCall();
  query_ = query;
  query->reader->Finish(&query->response, &query->status, loop_.Tag([this, query](bool) {
    // Withdrawn: the watchdog itself may be no more.
    if (!query->cancelled) OnAnswer(*query);
  }));
}

void Watchdog::OnAnswer(const VersionQuery& query) {
  const std::shared_ptr<VersionQuery> ended = std::move(query_);
  const bool silent = query.status.error_code() == grpc::StatusCode::DEADLINE_EXCEEDED &&
                      upstream_.last_activity() < query.sent_at;
  // Any other end is either an answer, if only "unknown service", or a broken
  // connection, which ends all calls by itself.
  if (!silent) upstream_.RecordActivity();
  if (!upstream_.busy()) return;
  if (!silent) {
    Watch();
  } else if (query.unanswered + 1 < kQueries) {
    Query(query.unanswered + 1);
  } else {
    spdlog::error(
        "{} has not answered anything for {} s, not even Version: ending the calls to it",
        upstream_.endpoint(),
        std::chrono::duration_cast<std::chrono::seconds>(silence_ + kQueries * query_timeout_).count());
    upstream_.AbandonConnection();
    busy_since_ = Loop::Now();
    Watch();
  }
}

}  // namespace sidecar_shim
