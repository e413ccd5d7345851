#include "shim/specs/api_server_source.h"

#include <spdlog/spdlog.h>

#include <algorithm>
#include <utility>

#include "absl/strings/ascii.h"
#include "absl/strings/str_cat.h"
#include "shim/base/offload.h"
#include "shim/http/http_status.h"
#include "shim/kube/node_name.h"

namespace sidecar_shim {
namespace {

// Names come from whoever speaks CRI and go into a path.
bool IsName(const std::string& text) {
  return !text.empty() && std::all_of(text.begin(), text.end(),
                                      [](char c) { return absl::ascii_isalnum(c) || c == '-' || c == '.'; });
}

}  // namespace

ApiServerSource::ApiServerSource(Loop& loop, HttpClient& http, Worker& worker, Counters& counters,
                                 ApiServerOptions options)
    : loop_(loop),
      http_(http),
      worker_(worker),
      counters_(counters),
      patience_(options.patience),
      watch_(loop, http, worker, options.kubeconfig,
             options.node_name.empty() ? HostName() : options.node_name, ApiServerSource::name(),
             options.timing,
             {.on_list = [this](PodListing listing) { OnList(std::move(listing)); },
              .on_event = [this](PodEvent event) { OnEvent(std::move(event)); },
              .on_watch_failure = [this](const absl::Status& why) { OnWatchFailure(why); },
              .on_up = [this] { OnUp(); },
              .on_down = [this](const absl::Status& why) { OnDown(why); }}) {}

ApiServerSource::~ApiServerSource() {
  for (const auto& [id, pending] : queries_) http_.Cancel(pending.request);
}

void ApiServerSource::Follow(UpdateCallback on_update) {
  on_update_ = std::move(on_update);
  watch_.Start();
}

void ApiServerSource::Find(const PodQuery& query, Answer answer) {
  if (auto it = known_.find(query.pod); it != known_.end()) {
    answer(it->second);
    return;
  }
  if (!IsName(query.pod.name_space) || !IsName(query.pod.name)) {
    answer(absl::NotFoundError("not a name of Kubernetes'"));
    return;
  }
  if (watch_.health() == PodReflector::Health::kDown && !absl::IsPermissionDenied(watch_.failure())) {
    answer(watch_.failure());
    return;
  }
  const QueryId id = next_++;
  PendingQuery& pending = queries_.try_emplace(id, loop_).first->second;
  pending.pod = query.pod;
  pending.answer = std::move(answer);
  pending.timer.Start(loop_.Now() + patience_, [this, id] {
    const absl::Status late = absl::DeadlineExceededError("a pod was not answered for in time");
    const bool asked = queries_.at(id).request != 0;
    Close(id, late);
    if (asked) watch_.ReportFailure(late, 0);
  });
  // Otherwise the first list is still to come, and may have it.
  if (watch_.health() != PodReflector::Health::kUnknown) Fetch(id);
}

void ApiServerSource::Fetch(QueryId id) {
  PendingQuery& pending = queries_.at(id);
  HttpRequest request = watch_.access()->Get(
      absl::StrCat("/api/v1/namespaces/", pending.pod.name_space, "/pods/", pending.pod.name));
  request.headers.emplace_back("Accept", "application/json");
  pending.request =
      http_.Send(std::move(request), [this, id](const HttpResult& result) { Fetched(id, result); });
}

void ApiServerSource::Fetched(QueryId id, const HttpResult& result) {
  // The server refuses a node's pending for a pod that is not, or no longer,
  // bound to it: it does not know that pod.
  if (result.status.ok() && (result.code == kHttpNotFound || result.code == kHttpForbidden)) {
    Close(id, absl::NotFoundError("no such pod on this node"));
    return;
  }
  if (!result.status.ok() || result.code != kHttpOk) {
    const absl::Status why = result.status.ok()
                                 ? absl::UnavailableError(absl::StrCat("HTTP status ", result.code))
                                 : result.status;
    Close(id, why);
    // A server that only has too much to do is not helped by a list.
    if (!result.status.ok() || result.code == kHttpUnauthorized) watch_.ReportFailure(why, result.code);
    return;
  }
  Offload(
      worker_, loop_, lifetime_, [body = result.body, source = name()] { return ParsePod(body, source); },
      [this, id](const absl::StatusOr<KnownPod>& pod) { OnPod(id, pod); });
}

void ApiServerSource::OnPod(QueryId id, const absl::StatusOr<KnownPod>& pod) {
  auto it = queries_.find(id);
  if (it == queries_.end()) return;
  // A pod that was created again under the same name has another UID: what is
  // known of one says nothing about the other.
  if (!pod.ok()) {
    Close(id, absl::DataLossError(pod.status().message()));
  } else if (pod->ref != it->second.pod) {
    Close(id, absl::NotFoundError("another pod of that name"));
  } else {
    Close(id, pod->update);
  }
}

void ApiServerSource::Close(QueryId id, const absl::StatusOr<PodUpdate>& update) {
  auto it = queries_.find(id);
  if (it == queries_.end()) return;
  http_.Cancel(it->second.request);
  const Answer answer = std::move(it->second.answer);
  queries_.erase(it);
  answer(update);
}

void ApiServerSource::Publish(const policy::PodRef& pod, const PodUpdate& update) {
  std::vector<QueryId> answered;
  for (const auto& [id, pending] : queries_) {
    if (pending.pod == pod) answered.push_back(id);
  }
  for (QueryId id : answered) Close(id, update);
  if (on_update_) on_update_(pod, update);
}

void ApiServerSource::OnList(PodListing listing) {
  known_.clear();
  for (KnownPod& pod : listing.pods) known_.insert_or_assign(std::move(pod.ref), std::move(pod.update));
  // Who is told may ask for the next one at once.
  for (const auto& [pod, update] : known_) Publish(pod, update);
}

void ApiServerSource::OnEvent(PodEvent event) {
  if (event.kind == PodEvent::Kind::kGone) {
    known_.erase(event.pod.ref);
    return;
  }
  known_.insert_or_assign(event.pod.ref, event.pod.update);
  Publish(event.pod.ref, event.pod.update);
}

void ApiServerSource::OnUp() {
  spdlog::info("spec source {}: follows the pods of this node at {}", name(), watch_.access()->base.url);
  FetchOpen();
}

void ApiServerSource::FetchOpen() {
  std::vector<QueryId> open;
  for (const auto& [id, pending] : queries_) {
    if (pending.request == 0) open.push_back(id);
  }
  for (QueryId id : open) Fetch(id);
}

void ApiServerSource::OnWatchFailure(const absl::Status& why) {
  counters_.Add("api_server_watch_failures");
  spdlog::warn("spec source {}: the watch of this node's pods has failed, they are listed again: {}", name(),
               std::string(why.message()));
}

void ApiServerSource::OnDown(const absl::Status& why) {
  if (absl::IsNotFound(why)) {
    spdlog::info("spec source {}: {}; looked for again from time to time", name(),
                 std::string(why.message()));
  } else if (absl::IsPermissionDenied(why)) {
    // A node may get a pod that is bound to it even where it may not list.
    counters_.Add("api_server_failures");
    spdlog::warn(
        "spec source {}: the list of this node's pods is refused, so each pod is asked for; is --node-name "
        "the name that kubelet goes by? {}",
        name(), std::string(why.message()));
    FetchOpen();
    return;
  } else {
    counters_.Add("api_server_failures");
    spdlog::warn("spec source {}: {}; {} pods are known from before", name(), std::string(why.message()),
                 known_.size());
  }
  while (!queries_.empty()) Close(queries_.begin()->first, why);
}

}  // namespace sidecar_shim
