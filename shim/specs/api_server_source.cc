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

// Whether `text` can be a name of Kubernetes. Names come from CRI requests, which
// are not trusted, and become part of an HTTP path.
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
      query_timeout_(options.query_timeout),
      reflector_(loop, http, worker, options.kubeconfig,
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
  reflector_.Start();
}

void ApiServerSource::Find(const PodQuery& query, Answer answer) {
  if (auto it = cache_.find(query.pod); it != cache_.end()) {
    answer(it->second);
    return;
  }
  if (!IsName(query.pod.name_space) || !IsName(query.pod.name)) {
    answer(absl::NotFoundError("not a valid pod name"));
    return;
  }
  if (reflector_.health() == PodReflector::Health::kDown && !absl::IsPermissionDenied(reflector_.failure())) {
    answer(reflector_.failure());
    return;
  }
  const QueryId id = next_id_++;
  PendingQuery& pending = queries_.try_emplace(id, loop_).first->second;
  pending.pod = query.pod;
  pending.answer = std::move(answer);
  pending.timer.Start(loop_.Now() + query_timeout_, [this, id] {
    const absl::Status timeout = absl::DeadlineExceededError("the query for a pod has timed out");
    const bool sent = queries_.at(id).request != 0;
    Finish(id, timeout);
    if (sent) reflector_.ReportFailure(timeout, 0);
  });
  // Before the first list, wait for it: it probably contains the pod.
  if (reflector_.health() != PodReflector::Health::kUnknown) Fetch(id);
}

void ApiServerSource::Fetch(QueryId id) {
  PendingQuery& pending = queries_.at(id);
  HttpRequest request = reflector_.access()->Get(
      absl::StrCat("/api/v1/namespaces/", pending.pod.name_space, "/pods/", pending.pod.name));
  request.headers.emplace_back("Accept", "application/json");
  pending.request =
      http_.Send(std::move(request), [this, id](const HttpResult& result) { OnFetched(id, result); });
}

void ApiServerSource::OnFetched(QueryId id, const HttpResult& result) {
  // The node authorizer answers Forbidden for a pod that is not, or no longer, bound
  // to this node, even if there is none of that name.
  if (result.status.ok() && (result.code == kHttpNotFound || result.code == kHttpForbidden)) {
    Finish(id, absl::NotFoundError("no such pod on this node"));
    return;
  }
  if (!result.status.ok() || result.code != kHttpOk) {
    const absl::Status why = result.status.ok()
                                 ? absl::UnavailableError(absl::StrCat("HTTP status ", result.code))
                                 : result.status;
    Finish(id, why);
    // Not for 429 or 5xx: an overloaded server must not get a LIST on top.
    if (!result.status.ok() || result.code == kHttpUnauthorized) reflector_.ReportFailure(why, result.code);
    return;
  }
  Offload(
      worker_, loop_, lifetime_, [body = result.body, source = name()] { return ParsePod(body, source); },
      [this, id](const absl::StatusOr<KnownPod>& pod) { OnPod(id, pod); });
}

void ApiServerSource::OnPod(QueryId id, const absl::StatusOr<KnownPod>& pod) {
  auto it = queries_.find(id);
  if (it == queries_.end()) return;
  // A pod that was recreated under the same name, for example by a StatefulSet,
  // has another UID and can have another spec.
  if (!pod.ok()) {
    Finish(id, absl::DataLossError(pod.status().message()));
  } else if (pod->ref != it->second.pod) {
    Finish(id, absl::NotFoundError("the pod of that name has another UID"));
  } else {
    Finish(id, pod->update);
  }
}

void ApiServerSource::Finish(QueryId id, const absl::StatusOr<PodUpdate>& update) {
  auto it = queries_.find(id);
  if (it == queries_.end()) return;
  http_.Cancel(it->second.request);
  const Answer answer = std::move(it->second.answer);
  queries_.erase(it);
  answer(update);
}

void ApiServerSource::Publish(const policy::PodRef& pod, const PodUpdate& update) {
  std::vector<QueryId> matching;
  for (const auto& [id, pending] : queries_) {
    if (pending.pod == pod) matching.push_back(id);
  }
  for (QueryId id : matching) Finish(id, update);
  if (on_update_) on_update_(pod, update);
}

void ApiServerSource::OnList(PodListing listing) {
  cache_.clear();
  for (KnownPod& pod : listing.pods) cache_.insert_or_assign(std::move(pod.ref), std::move(pod.update));
  // Only now: an answer can lead to the next query at once.
  for (const auto& [pod, update] : cache_) Publish(pod, update);
}

void ApiServerSource::OnEvent(PodEvent event) {
  if (event.kind == PodEvent::Kind::kDeleted) {
    cache_.erase(event.pod.ref);
    return;
  }
  cache_.insert_or_assign(event.pod.ref, event.pod.update);
  Publish(event.pod.ref, event.pod.update);
}

void ApiServerSource::OnUp() {
  spdlog::info("spec source {}: watches the pods of this node at {}", name(), reflector_.access()->base.url);
  FetchAllPending();
}

void ApiServerSource::FetchAllPending() {
  std::vector<QueryId> waiting;
  for (const auto& [id, pending] : queries_) {
    if (pending.request == 0) waiting.push_back(id);
  }
  for (QueryId id : waiting) Fetch(id);
}

void ApiServerSource::OnWatchFailure(const absl::Status& why) {
  counters_.api_server_watch_failures.Add();
  spdlog::warn("spec source {}: the watch of this node's pods has failed; listing them again: {}", name(),
               std::string(why.message()));
}

void ApiServerSource::OnDown(const absl::Status& why) {
  if (absl::IsNotFound(why)) {
    spdlog::info("spec source {}: {}; will retry in the background", name(), std::string(why.message()));
  } else if (absl::IsPermissionDenied(why)) {
    // The node authorizer lets a node get the pods that are bound to it even if it
    // refuses the list, which it does for another node's name.
    counters_.api_server_failures.Add();
    spdlog::warn(
        "spec source {}: the API server refuses to list this node's pods, so each pod is fetched separately; "
        "check that --node-name is the node's name in the cluster: {}",
        name(), std::string(why.message()));
    FetchAllPending();
    return;
  } else {
    counters_.api_server_failures.Add();
    spdlog::warn("spec source {}: {}; answers from its cache of {} pods", name(), std::string(why.message()),
                 cache_.size());
  }
  while (!queries_.empty()) Finish(queries_.begin()->first, why);
}

}  // namespace sidecar_shim
