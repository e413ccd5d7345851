// The spec source "api-server": the API server, with kubelet's own kubeconfig and
// so with a node's rights. A reflector caches all pods of the node, which the API
// server knows before kubelet does; a pod that the cache does not hold yet is
// fetched separately. While the API server is down, the cache still answers, and
// queries for other pods fail at once. Loop thread only.
#ifndef SIDECAR_SHIM_SHIM_SPECS_API_SERVER_SOURCE_H_
#define SIDECAR_SHIM_SHIM_SPECS_API_SERVER_SOURCE_H_

#include <map>
#include <string>

#include "shim/base/counters.h"
#include "shim/base/lifetime.h"
#include "shim/base/worker.h"
#include "shim/http/http_client.h"
#include "shim/kube/pod_reflector.h"
#include "shim/specs/source_names.h"
#include "shim/specs/spec_source.h"

namespace sidecar_shim {

struct ApiServerOptions {
  std::string kubeconfig;  // path; "": where kubelet usually has its own (FindKubeconfig)
  // Used if the client certificate does not name the node; "": the host name.
  std::string node_name;
  // After this long a query fails with kDeadlineExceeded.
  Duration query_timeout = std::chrono::milliseconds(800);
  PodReflectorTiming timing;
};

class ApiServerSource : public SpecSource {
 public:
  ApiServerSource(Loop& loop, HttpClient& http, Worker& worker, Counters& counters, ApiServerOptions options);
  ~ApiServerSource() override;

  std::string name() const override { return kApiServer; }
  void Find(const PodQuery& query, Answer answer) override;
  void Follow(UpdateCallback on_update) override;

  // The number of pods in the cache.
  size_t size() const { return cache_.size(); }

 private:
  struct PendingQuery {
    explicit PendingQuery(Loop& loop) : timer(loop) {}
    policy::PodRef pod;
    Answer answer;
    Loop::Timer timer;
    HttpClient::Id request = 0;  // 0: waits for the first list
  };
  using QueryId = uint64_t;

  // GETs the pod of a query.
  void Fetch(QueryId id);
  void FetchAllPending();
  void OnFetched(QueryId id, const HttpResult& result);
  void OnPod(QueryId id, const absl::StatusOr<KnownPod>& pod);
  // Answers the query and removes it.
  void Finish(QueryId id, const absl::StatusOr<PodUpdate>& update);
  // Answers the pending queries for the pod and calls on_update_.
  void Publish(const policy::PodRef& pod, const PodUpdate& update);
  void OnList(PodListing listing);
  void OnEvent(PodEvent event);
  // What the reflector reports; see PodReflector::Handlers.
  void OnWatchFailure(const absl::Status& why);
  void OnUp();
  void OnDown(const absl::Status& why);

  Loop& loop_;
  HttpClient& http_;
  Worker& worker_;
  Counters& counters_;
  const Duration query_timeout_;
  UpdateCallback on_update_;
  std::map<policy::PodRef, PodUpdate> cache_;
  std::map<QueryId, PendingQuery> queries_;
  QueryId next_id_ = 1;
  Lifetime lifetime_;
  PodReflector reflector_;
};

}  // namespace sidecar_shim

#endif  // SIDECAR_SHIM_SHIM_SPECS_API_SERVER_SOURCE_H_
