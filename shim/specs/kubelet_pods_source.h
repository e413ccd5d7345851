// kubelet's own list of its pods over HTTP: the read-only port (10255, off on
// most nodes), or the authenticated one (10250) where somebody has configured
// it. Asked only while somebody waits; one answer serves all who do.
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
  // For https; each may be missing. Without a CA nothing is sent.
  std::string token_file;
  std::string cert_file;
  std::string key_file;
  std::string ca_file;
  // What kubelet's certificate says, which never has 127.0.0.1.
  std::string server_name;
  // At most so long is a pending left open.
  Duration patience = std::chrono::milliseconds(800);
};

class KubeletPodsSource : public SpecSource {
 public:
  KubeletPodsSource(Loop& loop, HttpClient& http, Worker& worker, Counters& counters,
                    KubeletPodsOptions options);
  ~KubeletPodsSource() override;

  std::string name() const override { return "kubelet-pods"; }
  void Find(const PodQuery& query, Answer answer) override;

 private:
  struct PendingQuery {
    policy::PodRef pod;
    Answer answer;
    // Whether the request under way was begun after it.
    bool sent = false;
  };
  using Pods = absl::StatusOr<PodListing>;

  void Begin();
  void Send(absl::StatusOr<HttpRequest> request);
  void Answered(const HttpResult& result);
  void Finish(const Pods& pods);
  void Note(const absl::Status& status);

  Loop& loop_;
  HttpClient& http_;
  Worker& worker_;
  Counters& counters_;
  const KubeletPodsOptions options_;
  WaitList<PendingQuery> queries_;
  bool busy_ = false;
  bool answers_ = true;  // did the last request get one?
  HttpClient::Id request_ = 0;
  Lifetime lifetime_;
};

}  // namespace sidecar_shim

#endif  // SIDECAR_SHIM_SHIM_SPECS_KUBELET_PODS_SOURCE_H_
