// Follows the pods of one node at the API server: LIST, then WATCH from the
// resourceVersion of the list, for ever. Loop thread only.
//
//   load access -> list -> watch --(ends by its timeout, or is cut after a while)--> load access -> watch
//        ^                   |
//        '---- back-off <----'  any other end; then it starts with a list
//
// Load balancers often cut connections that carry little; the next watch
// continues at the resourceVersion that the one before had reached.
//
// Access is loaded for every list and every watch, so that credentials may
// rotate at any time.
#ifndef SIDECAR_SHIM_SHIM_KUBE_POD_REFLECTOR_H_
#define SIDECAR_SHIM_SHIM_KUBE_POD_REFLECTOR_H_

#include <functional>
#include <optional>
#include <random>
#include <string>

#include "shim/base/backoff.h"
#include "shim/base/lifetime.h"
#include "shim/base/worker.h"
#include "shim/http/http_client.h"
#include "shim/kube/api_access.h"
#include "shim/kube/pod_events.h"

namespace sidecar_shim {

struct PodReflectorTiming {
  // The back-off between failures. Up to half as much is added at random, so that
  // the nodes of a cluster do not retry in step.
  Duration first_delay = std::chrono::seconds(1);
  Duration longest_delay = std::chrono::seconds(30);
  Duration list_timeout = std::chrono::seconds(10);
  // The timeoutSeconds of a watch; at random up to twice as long.
  Duration watch = std::chrono::minutes(5);
  // A watch that has lasted this long resets the back-off.
  Duration good_watch = std::chrono::seconds(10);
  // The server sends a bookmark once a minute.
  Duration silence = std::chrono::seconds(150);
};

class PodReflector {
 public:
  struct Handlers {
    std::function<void(PodListing)> on_list;
    std::function<void(PodEvent)> on_event;  // kUpdated and kDeleted
    // A watch has failed and the one before had not; a list follows.
    std::function<void(const absl::Status&)> on_watch_failure;
    // The server has begun to answer.
    std::function<void()> on_up;
    // The server no longer answers, or did not at first. kNotFound: there is no
    // kubeconfig. Called once, and again where a retry fails with another code.
    std::function<void(const absl::Status&)> on_down;
  };

  // `node_name` is for credentials that do not name their node.
  PodReflector(Loop& loop, HttpClient& http, Worker& worker, std::string kubeconfig, std::string node_name,
               std::string source, PodReflectorTiming timing, Handlers handlers);
  ~PodReflector();
  PodReflector(const PodReflector&) = delete;
  PodReflector& operator=(const PodReflector&) = delete;

  void Start() { Connect(); }

  enum class Health { kUnknown, kUp, kDown };
  Health health() const { return health_; }
  // Why it is down.
  const absl::Status& failure() const { return failure_; }

  // The access loaded last; null before the first.
  const ApiAccess* access() const { return access_ ? &*access_ : nullptr; }

  // Another request with this access has failed: the server counts as down until
  // a list succeeds. `code` is the HTTP status, or 0.
  void ReportFailure(const absl::Status& why, int code);

 private:
  void Connect();
  void List();
  void OnListEnd(const HttpResult& result);
  void AcceptList(absl::StatusOr<PodListing> listing);
  void Watch();
  void OnData(absl::string_view piece);
  void OnEvent(PodEvent event);
  void OnWatchEnd(const HttpResult& result);
  void Cancel();
  void MarkDown(const absl::Status& why);
  // The watch has failed.
  void AbandonWatch(const absl::Status& why);
  void ScheduleRelist(bool expired);
  // Whether the watch has lasted; then it resets the back-off.
  bool ResetAfterLongWatch();
  std::string Filter() const;

  Loop& loop_;
  HttpClient& http_;
  Worker& worker_;
  const std::string node_name_;
  const std::string source_;
  const PodReflectorTiming timing_;
  const Handlers handlers_;
  ApiAccessLoader loader_;
  std::optional<ApiAccess> access_;
  Health health_ = Health::kUnknown;
  absl::Status failure_;
  std::string resource_version_;  // "": the next request is a list
  bool from_cache_ = true;        // the server may answer a list from its cache
  HttpClient::Id request_ = 0;
  LineSplitter lines_;
  std::optional<Time> watch_began_;
  Backoff backoff_;  // reset: the last watch did not fail
  Loop::Timer retry_;
  std::mt19937 random_{std::random_device()()};
  Lifetime attempt_;  // of the list or watch in progress; results of earlier ones are dropped
};

}  // namespace sidecar_shim

#endif  // SIDECAR_SHIM_SHIM_KUBE_POD_REFLECTOR_H_
