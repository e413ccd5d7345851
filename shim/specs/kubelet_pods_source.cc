#include "shim/specs/kubelet_pods_source.h"

#include <spdlog/spdlog.h>

#include <iterator>
#include <utility>

#include "absl/strings/ascii.h"
#include "absl/strings/match.h"
#include "absl/strings/str_cat.h"
#include "shim/base/offload.h"
#include "shim/base/read_file.h"
#include "shim/http/http_status.h"
#include "shim/kube/port_owner.h"

namespace sidecar_shim {
namespace {

constexpr Duration kRequestTimeout = std::chrono::seconds(5);
constexpr int kReadOnlyPort = 10255;
constexpr size_t kLargestFile = 1 << 20;

// Only the read-only port is used without anybody having sent for it.
absl::Status CheckReadOnlyPort() {
  switch (OwnerOfPort(kReadOnlyPort)) {
    case PortOwner::kTrusted:
      return absl::OkStatus();
    case PortOwner::kNobody:
      return absl::NotFoundError("kubelet's read-only port is closed");
    case PortOwner::kUntrusted:
      break;
  }
  return absl::PermissionDeniedError(
      absl::StrCat("port ", kReadOnlyPort, " is not root's, so not kubelet's"));
}

// Reads the files anew each time: they rotate.
absl::StatusOr<HttpRequest> Prepare(const KubeletPodsOptions& options) {
  HttpRequest request;
  request.url = options.url;
  request.timeout = kRequestTimeout;
  request.connect_timeout = kRequestTimeout;
  if (options.url == kKubeletReadOnlyUrl) {
    const absl::Status status = CheckReadOnlyPort();
    if (!status.ok()) return status;
  }
  // Credentials are never sent in clear.
  if (!absl::StartsWith(options.url, "https://")) return request;
  request.server_name = options.server_name;
  std::string token;
  const std::pair<const std::string*, std::string*> files[] = {{&options.ca_file, &request.ca},
                                                               {&options.cert_file, &request.cert},
                                                               {&options.key_file, &request.key},
                                                               {&options.token_file, &token}};
  for (const auto& [path, into] : files) {
    if (path->empty()) continue;
    absl::StatusOr<std::string> text = ReadFile(*path, kLargestFile);
    // Missing or not: it is no answer, and may come.
    if (!text.ok()) return absl::UnavailableError(text.status().message());
    *into = *std::move(text);
  }
  token = std::string(absl::StripAsciiWhitespace(token));
  if (!token.empty()) request.headers.emplace_back("Authorization", absl::StrCat("Bearer ", token));
  return request;
}

absl::StatusOr<PodUpdate> UpdateOf(const absl::StatusOr<PodListing>& pods, const policy::PodRef& wanted) {
  if (!pods.ok()) return pods.status();
  for (const KnownPod& pod : pods->pods) {
    if (pod.ref == wanted) return pod.update;
  }
  return absl::NotFoundError("not among kubelet's pods");
}

}  // namespace

KubeletPodsSource::KubeletPodsSource(Loop& loop, HttpClient& http, Worker& worker, Counters& counters,
                                     KubeletPodsOptions options)
    : loop_(loop),
      http_(http),
      worker_(worker),
      counters_(counters),
      options_(std::move(options)),
      queries_(loop) {}

KubeletPodsSource::~KubeletPodsSource() {
  if (request_ != 0) http_.Cancel(request_);
}

void KubeletPodsSource::Find(const PodQuery& query, Answer answer) {
  queries_.Add({query.pod, std::move(answer)}, options_.patience, [this](const PendingQuery& unanswered) {
    const absl::Status late = absl::DeadlineExceededError(absl::StrCat(options_.url, ": no answer in time"));
    Note(late);
    unanswered.answer(late);
  });
  Begin();
}

void KubeletPodsSource::Begin() {
  if (std::exchange(busy_, true)) return;
  queries_.ForEach([](PendingQuery& pending) { pending.sent = true; });
  Offload(
      worker_, loop_, lifetime_, [options = options_] { return Prepare(options); },
      [this](absl::StatusOr<HttpRequest> request) { Send(std::move(request)); });
}

void KubeletPodsSource::Send(absl::StatusOr<HttpRequest> request) {
  if (!request.ok()) {
    Finish(request.status());
    return;
  }
  request_ = http_.Send(*std::move(request), [this](const HttpResult& result) { Answered(result); });
}

void KubeletPodsSource::Answered(const HttpResult& result) {
  request_ = 0;
  if (!result.status.ok() || result.code != kHttpOk) {
    Finish(result.status.ok()
               ? absl::UnavailableError(absl::StrCat(options_.url, ": HTTP status ", result.code))
               : result.status);
    return;
  }
  Offload(
      worker_, loop_, lifetime_, [body = result.body, source = name()] { return ParsePodList(body, source); },
      [this](const Pods& pods) { Finish(pods); });
}

void KubeletPodsSource::Finish(const Pods& pods) {
  busy_ = false;
  Note(pods.status());
  const std::vector<PendingQuery> done = queries_.TakeIf([&pods](const PendingQuery& pending) {
    // A pod that was queried for while the answer was on its way may be in the
    // next one.
    const bool late = pods.ok() && !pending.sent;
    return !late || UpdateOf(pods, pending.pod).ok();
  });
  for (const PendingQuery& pending : done) pending.answer(UpdateOf(pods, pending.pod));
  if (!queries_.empty()) Begin();
}

void KubeletPodsSource::Note(const absl::Status& status) {
  if (std::exchange(answers_, status.ok()) == status.ok()) return;
  if (status.ok()) {
    spdlog::info("spec source {}: {} answers", name(), options_.url);
  } else if (absl::IsNotFound(status)) {
    spdlog::debug("spec source {}: {}", name(), std::string(status.message()));
  } else {
    counters_.Add("kubelet_pods_failures");
    spdlog::warn("spec source {}: {}", name(), std::string(status.message()));
  }
}

}  // namespace sidecar_shim
