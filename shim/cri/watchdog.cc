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
  int unanswered = 0;  // queries that timed out before this one
  Time sent_at{};
  grpc::ClientContext context;
  grpc::ByteBuffer response;
  grpc::Status status;
  std::unique_ptr<grpc::GenericClientAsyncResponseReader> reader;
};

Watchdog::Watchdog(Loop& loop, Upstream& upstream, Duration silence, Duration query_timeout)
    : loop_(loop), upstream_(upstream), silence_(silence), query_timeout_(query_timeout), timer_(loop) {
  upstream_.OnBusy([this] {
    busy_since_ = loop_.Now();
    if (!timer_.pending()) Watch();
  });
}

void Watchdog::Stop() {
  upstream_.OnBusy(nullptr);
  timer_.Cancel();
  CancelQuery();
}

void Watchdog::CancelQuery() {
  query_lifetime_.Restart();
  if (!query_) return;
  query_->context.TryCancel();
  query_.reset();
}

Time Watchdog::SilentSince() const { return std::max(busy_since_, upstream_.last_activity()); }

void Watchdog::Watch() {
  timer_.Start(SilentSince() + silence_, [this] { CheckSilence(); });
}

void Watchdog::CheckSilence() {
  if (!upstream_.busy()) return;
  if (loop_.Now() < SilentSince() + silence_) {
    Watch();
  } else {
    Query(0);
  }
}

void Watchdog::Query(int unanswered) {
  auto query = std::make_shared<VersionQuery>();
  query->unanswered = unanswered;
  query->sent_at = loop_.Now();
  query->reader =
      upstream_.stub().PrepareUnaryCall(&query->context, RuntimeMethod("Version"),
                                        ToBuffer(ToBytes(runtime::v1::VersionRequest())), loop_.queue());
  query->reader->StartCall();
  query_ = query;
  // The tag keeps the query until gRPC has written the result into it.
  auto on_end = query_lifetime_.Guard([this] { OnQueryEnd(); });
  query->reader->Finish(&query->response, &query->status,
                        loop_.Tag([query, on_end](bool) mutable { on_end(); }));
  timer_.Start(query->sent_at + query_timeout_, [this] { OnQueryTimeout(); });
}

void Watchdog::OnQueryEnd() {
  timer_.Cancel();
  CancelQuery();
  // Any end is a sign of life: an answer, if only "unknown service", or a broken
  // connection, which ends all its calls.
  upstream_.RecordActivity(loop_.Now());
  if (upstream_.busy()) Watch();
}

void Watchdog::OnQueryTimeout() {
  const bool silent = upstream_.last_activity() < query_->sent_at;
  const int unanswered = query_->unanswered + 1;
  CancelQuery();
  if (!upstream_.busy()) return;
  if (!silent) {
    Watch();
  } else if (unanswered < kQueries) {
    Query(unanswered);
  } else {
    spdlog::error(
        "{} has answered no call for {} s, not even Version: ending the calls to it", upstream_.endpoint(),
        std::chrono::duration_cast<std::chrono::seconds>(silence_ + kQueries * query_timeout_).count());
    upstream_.AbandonConnection();
    busy_since_ = loop_.Now();
    Watch();
  }
}

}  // namespace sidecar_shim
