#include "shim/kube/pod_reflector.h"

#include <algorithm>
#include <utility>

#include "absl/strings/str_cat.h"
#include "absl/time/time.h"
#include "shim/base/offload.h"
#include "shim/http/http_status.h"

namespace sidecar_shim {
namespace {

constexpr absl::Duration kBeforeExpiry = absl::Seconds(20);
constexpr int64_t kShortestWatchSeconds = 10;

absl::Status StatusOf(const HttpResult& result) {
  if (!result.status.ok() || result.code == kHttpOk) return result.status;
  const std::string text = absl::StrCat("HTTP status ", result.code, " ", StatusMessage(result.body));
  return result.code == kHttpForbidden ? absl::PermissionDeniedError(text) : absl::UnavailableError(text);
}

}  // namespace

PodReflector::PodReflector(Loop& loop, HttpClient& http, Worker& worker, std::string kubeconfig,
                           std::string node_name, std::string source, PodReflectorTiming timing,
                           Handlers handlers)
    : loop_(loop),
      http_(http),
      worker_(worker),
      node_name_(std::move(node_name)),
      source_(std::move(source)),
      timing_(timing),
      handlers_(std::move(handlers)),
      loader_(loop, std::move(kubeconfig)),
      backoff_({.initial = timing.first_delay, .jitter = 0.5, .max = timing.longest_delay}),
      retry_(loop) {}

PodReflector::~PodReflector() { Cancel(); }

void PodReflector::Cancel() {
  attempt_.Restart();
  retry_.Cancel();
  if (request_ != 0) http_.Cancel(std::exchange(request_, 0));
}

void PodReflector::Connect() {
  Cancel();
  loader_.Load(attempt_.Guard([this](const absl::StatusOr<ApiAccess>& access) {
    if (!access.ok()) {
      MarkDown(access.status());
      return;
    }
    access_ = *access;
    if (resource_version_.empty()) {
      List();
    } else {
      Watch();
    }
  }));
}

std::string PodReflector::Filter() const {
  const std::string& node = access_->node_name.empty() ? node_name_ : access_->node_name;
  return absl::StrCat("fieldSelector=spec.nodeName%3D", node);
}

void PodReflector::List() {
  // With resourceVersion 0 the server answers from its cache, as it does to kubelet.
  HttpRequest request =
      access_->Get(absl::StrCat("/api/v1/pods?", Filter(), from_cache_ ? "&resourceVersion=0" : ""));
  request.headers.emplace_back("Accept", "application/json");
  request.timeout = timing_.list_timeout;
  request_ = http_.Send(std::move(request), [this](const HttpResult& result) { OnListEnd(result); });
}

void PodReflector::OnListEnd(const HttpResult& result) {
  request_ = 0;
  const absl::Status status = StatusOf(result);
  if (!status.ok()) {
    if (result.code == kHttpUnauthorized) loader_.InvalidateCredential();
    MarkDown(status);
    return;
  }
  Offload(
      worker_, loop_, attempt_, [body = result.body, source = source_] { return ParsePodList(body, source); },
      [this](absl::StatusOr<PodListing> listing) { AcceptList(std::move(listing)); });
}

void PodReflector::AcceptList(absl::StatusOr<PodListing> listing) {
  if (listing.ok() && listing->resource_version.empty()) {
    listing = absl::UnavailableError("the list has no resourceVersion");
  }
  if (!listing.ok()) {
    MarkDown(listing.status());
    return;
  }
  resource_version_ = listing->resource_version;
  from_cache_ = true;
  const bool was_up = std::exchange(health_, Health::kUp) == Health::kUp;
  handlers_.on_list(*std::move(listing));
  if (!was_up) handlers_.on_up();
  Watch();
}

void PodReflector::Watch() {
  lines_ = LineSplitter();
  watch_began_ = loop_.Now();
  const auto base = std::chrono::duration_cast<std::chrono::seconds>(timing_.watch).count();
  int64_t seconds = std::uniform_int_distribution<int64_t>(base, 2 * base)(random_);
  // The watch must end before the credential does.
  const absl::Duration left = access_->expires - absl::FromChrono(loop_.WallNow()) - kBeforeExpiry;
  seconds = std::clamp(seconds, int64_t{1}, std::max(kShortestWatchSeconds, absl::ToInt64Seconds(left)));
  HttpRequest request = access_->Get(absl::StrCat(
      "/api/v1/pods?", Filter(), "&watch=true&allowWatchBookmarks=true&resourceVersion=", resource_version_,
      "&timeoutSeconds=", seconds));
  request.headers.emplace_back("Accept", "application/json");
  request.timeout = Duration{0};
  request.silence = timing_.silence;
  request_ = http_.Send(
      std::move(request),
      [this](const HttpResult& result) {
        request_ = 0;
        // After the events that the worker is still parsing.
        Offload(
            worker_, loop_, attempt_, [result] { return result; },
            [this](const HttpResult& ended) { OnWatchEnd(ended); });
      },
      [this](absl::string_view piece) { OnData(piece); });
}

void PodReflector::OnData(absl::string_view piece) {
  const bool fine = lines_.Add(piece, [this](std::string line) {
    Offload(
        worker_, loop_, attempt_,
        [line = std::move(line), source = source_] { return ParsePodEvent(line, source); },
        [this](PodEvent event) { OnEvent(std::move(event)); });
  });
  if (!fine) AbandonWatch(absl::DataLossError("a line of the watch is too long"));
}

void PodReflector::OnEvent(PodEvent event) {
  switch (event.kind) {
    case PodEvent::Kind::kExpired:
      ScheduleRelist(/*expired=*/true);
      return;
    case PodEvent::Kind::kError:
      AbandonWatch(absl::DataLossError(event.error));
      return;
    case PodEvent::Kind::kBookmark:
    case PodEvent::Kind::kUpdated:
    case PodEvent::Kind::kDeleted:
      break;
  }
  if (!event.resource_version.empty()) resource_version_ = event.resource_version;
  if (event.kind != PodEvent::Kind::kBookmark) handlers_.on_event(std::move(event));
}

void PodReflector::OnWatchEnd(const HttpResult& result) {
  if (result.code == kHttpUnauthorized) loader_.InvalidateCredential();
  const absl::Status why = StatusOf(result);
  const bool cut = result.code == kHttpOk && absl::IsUnavailable(result.status);
  const bool lasted = ResetAfterLongWatch();
  if ((why.ok() || (cut && lasted)) && backoff_.IsReset()) {
    // Not a failure, unless the next watch ends early as well.
    backoff_.Next();
    Connect();
    return;
  }
  if (result.code == kHttpGone) {
    ScheduleRelist(/*expired=*/true);
    return;
  }
  AbandonWatch(why.ok() ? absl::UnavailableError("the watch ended early, again") : why);
}

void PodReflector::AbandonWatch(const absl::Status& why) {
  ResetAfterLongWatch();
  if (backoff_.IsReset()) handlers_.on_watch_failure(why);
  ScheduleRelist(/*expired=*/false);
}

bool PodReflector::ResetAfterLongWatch() {
  const std::optional<Time> began = std::exchange(watch_began_, std::nullopt);
  const bool lasted = began && loop_.Now() - *began >= timing_.good_watch;
  if (lasted) backoff_.Reset();
  return lasted;
}

void PodReflector::ScheduleRelist(bool expired) {
  Cancel();
  ResetAfterLongWatch();
  resource_version_.clear();
  if (expired) from_cache_ = false;
  retry_.Start(loop_.Now() + backoff_.Next(), [this] { Connect(); });
}

void PodReflector::MarkDown(const absl::Status& why) {
  const bool was_down = std::exchange(health_, Health::kDown) == Health::kDown;
  const bool same = std::exchange(failure_, why).code() == why.code();
  ScheduleRelist(/*expired=*/false);
  if (!was_down || !same) handlers_.on_down(why);
}

void PodReflector::ReportFailure(const absl::Status& why, int code) {
  if (health_ != Health::kUp) return;
  if (code == kHttpUnauthorized) loader_.InvalidateCredential();
  MarkDown(why);
}

}  // namespace sidecar_shim
