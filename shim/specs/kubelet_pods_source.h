// The spec source "kubelet-pods": kubelet's endpoint /pods, on the read-only port
// (10255, disabled on most nodes) or, with a configured credential, on the
// authenticated port (10250). Sends a request only while a query is pending; one
// response answers all queries that were pending when it was sent. Loop thread
// only.
#ifndef SIDECAR_SHIM_SHIM_SPECS_KUBELET_PODS_SOURCE_H_
#define SIDECAR_SHIM_SHIM_SPECS_KUBELET_PODS_SOURCE_H_

#include <memory>
#include <optional>
#include <string>

#include "absl/status/statusor.h"
#include "shim/base/counters.h"
#include "shim/base/lifetime.h"
#include "shim/base/wait_list.h"
#include "shim/base/worker.h"
#include "shim/http/http_client.h"
#include "shim/kube/pod_events.h"
#include "shim/specs/source_names.h"
#include "shim/specs/spec_source.h"

namespace sidecar_shim {

struct KubeletPodsOptions {
  std::string url = kKubeletReadOnlyUrl;
  // Paths, for https only; each may be empty. Without a CA nothing is sent.
  std::string token_file;
  std::string cert_file;
  std::string key_file;
  std::string ca_file;
  // The name to expect in kubelet's certificate, which never contains 127.0.0.1.
  std::string server_name;
  // After this long a query fails with kDeadlineExceeded.
  Duration query_timeout = std::chrono::milliseconds(800);
};

class KubeletPodsSource : public SpecSource {
 public:
  KubeletPodsSource(Loop& loop, HttpClient& http, Worker& worker, Counters& counters,
                    KubeletPodsOptions options);
  ~KubeletPodsSource() override;

  std::string name() const override { return kKubeletPods; }
  void Find(const PodQuery& query, Answer answer) override;

 private:
  struct PendingQuery {
    policy::PodRef pod;
    Answer answer;
    // Whether the query was already pending when the current request was sent.
    bool sent = false;
  };
  using Pods = absl::StatusOr<PodListing>;

  // Starts a request unless one is in flight. Its stages: prepare (on the worker),
  // send, parse the response (on the worker), finish.
  void Start();
  void Send(absl::StatusOr<HttpRequest> request);
  void OnResponse(const HttpResult& result);
  // Answers the queries that `pods` can answer.
  void Finish(const Pods& pods);
  // Logs when kubelet starts or stops answering.
  void LogChange(const absl::Status& status);

  Loop& loop_;
  HttpClient& http_;
  Worker& worker_;
  Counters& counters_;
  const KubeletPodsOptions options_;
  WaitList<PendingQuery> queries_;
  bool in_flight_ = false;
  bool healthy_ = true;  // the last request was answered
  HttpClient::Id request_ = 0;
  Lifetime lifetime_;
};

}  // namespace sidecar_shim

#endif  // SIDECAR_SHIM_SHIM_SPECS_KUBELET_PODS_SOURCE_H_
