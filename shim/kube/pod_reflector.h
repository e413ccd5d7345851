// Follows the pods of one node at the API server: LIST, then WATCH from where
// the list ended, for ever. Loop thread only.
//
//   load access -> list -> watch --(it ends in time, or is cut after a while)--> load access -> watch
//        ^                   |
//        '---- back-off <----'  anything else; the first thing then is a new list
//
// What stands between (a load balancer) often cuts connections on which little
// happens; the next watch goes on where this one was.
//
// Access is loaded anew for every list and every watch, so that credentials may
// rotate at any time.
#ifndef SIDECAR_SHIM_SHIM_KUBE_POD_REFLECTOR_H_
#define SIDECAR_SHIM_SHIM_KUBE_POD_REFLECTOR_H_

#include <functional>
#include <memory>
#include <optional>
#include <random>
#include <string>

#include "shim/base/worker.h"
#include "shim/http/http_client.h"
#include "shim/kube/api_access.h"
#include "shim/kube/pod_events.h"

namespace sidecar_shim {

struct PodReflectorTiming {
  // Between failures: doubles from the first to the second, and up to half as
  // much again by chance, so that a fleet does not come back in step.
  Duration first_delay = std::chrono::seconds(1);
  Duration longest_delay = std::chrono::seconds(30);
  Duration list_timeout = std::chrono::seconds(10);
  // How long the server is asked to keep a watch; up to twice as long by chance.
  Duration watch = std::chrono::minutes(5);
  // A watch that has lasted so long shows that what went wrong before is over.
  Duration good_watch = std::chrono::seconds(10);
  // Bookmarks come once a minute.
  Duration silence = std::chrono::seconds(150);
};

class PodReflector {
 public:
  struct Handlers {
    std::function<void(PodListing)> on_list;
    std::function<void(PodEvent)> on_event;  // kUpdated and kDeleted
    // A watch has failed, where the one before had not; a list follows.
    std::function<void(const absl::Status&)> on_trouble;
    // The server has begun to answer.
    std::function<void()> on_up;
    // It has stopped, or the first try failed. kNotFound: there is no
    // kubeconfig. Once, and again where a retry fails with another code.
    std::function<void(const absl::Status&)> on_down;
  };

  // `node_name` is for credentials that do not say which node they are of.
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

  // The access that worked last; null before the first.
  const ApiAccess* access() const { return access_ ? &*access_ : nullptr; }

  // A request of somebody else's failed with this access: down, until a new
  // list has been had. `code` is its HTTP status, or 0.
  void ReportFailure(const absl::Status& why, int code);

 private:
  void Connect();
  void List();
  void Listed(const HttpResult& result);
  void AcceptList(absl::StatusOr<PodListing> listing);
  void Watch();
  void OnData(absl::string_view piece);
  void OnEvent(PodEvent event);
  void WatchEnded(const HttpResult& result);
  // Runs `work` on the worker and `then` on the loop with its result, unless
  // something new has begun or the watch has gone meanwhile.
  template <typename Work, typename Then>
  void Offload(Work work, Then then);

  void Drop();
  void MarkDown(const absl::Status& why);
  // The watch has failed, not ended in time.
  void AbandonWatch(const absl::Status& why);
  void ScheduleRelist(bool expired);
  // Did the watch last? Then the trouble before it is over.
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
  std::string resource_version_;  // "": a list is due
  bool from_cache_ = true;        // the list may be a little old
  HttpClient::Id request_ = 0;
  LineSplitter lines_;
  std::optional<Time> watch_began_;
  Duration delay_{0};  // before the last retry; 0: all was well
  Loop::Timer retry_;
  std::mt19937 random_{std::random_device()()};
  // What is under way; everything of an older attempt comes too late.
  std::shared_ptr<int> attempt_ = std::make_shared<int>(0);
};

}  // namespace sidecar_shim

#endif  // SIDECAR_SHIM_SHIM_KUBE_POD_REFLECTOR_H_
