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
constexpr size_t kMaxFileSize = 1 << 20;

// The read-only port is used by default, without a credential and without TLS, so
// that nothing else shows that its listener is kubelet.
absl::Status CheckReadOnlyPort() {
  switch (OwnerOfPort(kReadOnlyPort)) {
    case PortOwner::kTrusted:
      return absl::OkStatus();
    case PortOwner::kNone:
      return absl::NotFoundError("kubelet's read-only port is closed");
    case PortOwner::kUntrusted:
      break;
  }
  return absl::PermissionDeniedError(absl::StrCat(
      "port ", kReadOnlyPort, " has a listener of a user other than root, so it is not kubelet's"));
}

// Reads the credential files for each request, because they rotate.
absl::StatusOr<HttpRequest> PrepareRequest(const KubeletPodsOptions& options) {
  HttpRequest request;
  request.url = options.url;
  request.timeout = kRequestTimeout;
  request.connect_timeout = kRequestTimeout;
  if (options.url == kKubeletReadOnlyUrl) {
    const absl::Status status = CheckReadOnlyPort();
    if (!status.ok()) return status;
  }
  // Credentials are never sent unencrypted.
  if (!absl::StartsWith(options.url, "https://")) return request;
  request.server_name = options.server_name;
  std::string token;
  const std::pair<const std::string*, std::string*> files[] = {{&options.ca_file, &request.ca},
                                                               {&options.cert_file, &request.cert},
                                                               {&options.key_file, &request.key},
                                                               {&options.token_file, &token}};
  for (const auto& [path, into] : files) {
    if (path->empty()) continue;
    absl::StatusOr<std::string> text = ReadFile(*path, kMaxFileSize);
    // Unavailable whatever the error, even kNotFound: the file may be created later.
    if (!text.ok()) return absl::UnavailableError(text.status().message());
    *into = *std::move(text);
  }
  token = std::string(absl::StripAsciiWhitespace(token));
  if (!token.empty()) request.headers.emplace_back("Authorization", absl::StrCat("Bearer ", token));
  return request;
}

absl::StatusOr<PodUpdate> FindPod(const absl::StatusOr<PodListing>& pods, const policy::PodRef& wanted) {
  if (!pods.ok()) return pods.status();
  for (const KnownPod& pod : pods->pods) {
    if (pod.ref == wanted) return pod.update;
  }
  return absl::NotFoundError("kubelet does not list the pod");
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
  queries_.Add({query.pod, std::move(answer)}, options_.query_timeout,
               [this](const PendingQuery& unanswered) {
                 const absl::Status timeout =
                     absl::DeadlineExceededError(absl::StrCat(options_.url, ": the query has timed out"));
                 LogChange(timeout);
                 unanswered.answer(timeout);
               });
  Start();
}

void KubeletPodsSource::Start() {
  if (std::exchange(in_flight_, true)) return;
  queries_.ForEach([](PendingQuery& pending) { pending.sent = true; });
  Offload(
      worker_, loop_, lifetime_, [options = options_] { return PrepareRequest(options); },
      [this](absl::StatusOr<HttpRequest> request) { Send(std::move(request)); });
}

void KubeletPodsSource::Send(absl::StatusOr<HttpRequest> request) {
  if (!request.ok()) {
    Finish(request.status());
    return;
  }
  request_ = http_.Send(*std::move(request), [this](const HttpResult& result) { OnResponse(result); });
}

void KubeletPodsSource::OnResponse(const HttpResult& result) {
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
  in_flight_ = false;
  LogChange(pods.status());
  const std::vector<PendingQuery> done = queries_.TakeIf([&pods](const PendingQuery& pending) {
    // A query that arrived after the request was sent can be for a newer pod, which
    // only the next response contains.
    const bool retry = pods.ok() && !pending.sent;
    return !retry || FindPod(pods, pending.pod).ok();
  });
  for (const PendingQuery& pending : done) pending.answer(FindPod(pods, pending.pod));
  if (!queries_.empty()) Start();
}

void KubeletPodsSource::LogChange(const absl::Status& status) {
  if (std::exchange(healthy_, status.ok()) == status.ok()) return;
  if (status.ok()) {
    spdlog::info("spec source {}: {} is available", name(), options_.url);
  } else if (absl::IsNotFound(status)) {
    spdlog::debug("spec source {}: {}", name(), std::string(status.message()));
  } else {
    counters_.kubelet_pods_failures.Add();
    spdlog::warn("spec source {}: {}", name(), std::string(status.message()));
  }
}

}  // namespace sidecar_shim
