// The API server, asked as kubelet: it has the spec of every pod of the node
// before kubelet does. The watch keeps a copy of all of them; a pod that it has
// not told of yet is fetched. While the server is away the copy still answers,
// and whoever asks for another pod hears at once that there is no answer.
#ifndef SIDECAR_SHIM_SHIM_SPECS_API_SERVER_SOURCE_H_
#define SIDECAR_SHIM_SHIM_SPECS_API_SERVER_SOURCE_H_

#include <map>
#include <string>

#include "shim/base/counters.h"
#include "shim/base/lifetime.h"
#include "shim/base/worker.h"
#include "shim/http/http_client.h"
#include "shim/kube/pod_reflector.h"
#include "shim/specs/spec_source.h"

namespace sidecar_shim {

struct ApiServerOptions {
  std::string kubeconfig;  // "": kubelet's is looked for
  std::string node_name;   // where the credential does not tell it; "": the host's name
  // At most so long is a pending left open.
  Duration patience = std::chrono::milliseconds(800);
  PodReflectorTiming timing;
};

class ApiServerSource : public SpecSource {
 public:
  ApiServerSource(Loop& loop, HttpClient& http, Worker& worker, Counters& counters, ApiServerOptions options);
  ~ApiServerSource() override;

  std::string name() const override { return "api-server"; }
  void Find(const PodQuery& query, Answer answer) override;
  void Follow(UpdateCallback on_update) override;

  // How many pods are known.
  size_t size() const { return known_.size(); }

 private:
  struct PendingQuery {
    explicit PendingQuery(Loop& loop) : timer(loop) {}
    policy::PodRef pod;
    Answer answer;
    Loop::Timer timer;
    HttpClient::Id request = 0;
  };
  using QueryId = uint64_t;

  void Fetch(QueryId id);
  void FetchOpen();
  void Fetched(QueryId id, const HttpResult& result);
  void OnPod(QueryId id, const absl::StatusOr<KnownPod>& pod);
  void Close(QueryId id, const absl::StatusOr<PodUpdate>& update);
  // Whoever asked for it, and who follows.
  void Publish(const policy::PodRef& pod, const PodUpdate& update);
  void OnList(PodListing listing);
  void OnEvent(PodEvent event);
  void OnWatchFailure(const absl::Status& why);
  void OnUp();
  void OnDown(const absl::Status& why);

  Loop& loop_;
  HttpClient& http_;
  Worker& worker_;
  Counters& counters_;
  const Duration patience_;
  UpdateCallback on_update_;
  std::map<policy::PodRef, PodUpdate> known_;
  std::map<QueryId, PendingQuery> queries_;
  QueryId next_ = 1;
  Lifetime lifetime_;
  PodReflector watch_;
};

}  // namespace sidecar_shim

#endif  // SIDECAR_SHIM_SHIM_SPECS_API_SERVER_SOURCE_H_
