// The API server, asked as kubelet: it has the spec of every pod of the node
// before kubelet does. The watch keeps a copy of all of them; a pod that it has
// not told of yet is fetched. While the server is away the copy still answers,
// and whoever asks for another pod hears at once that there is no answer.
#ifndef SIDECAR_SHIM_SHIM_SOURCES_API_SERVER_SOURCE_H_
#define SIDECAR_SHIM_SHIM_SOURCES_API_SERVER_SOURCE_H_

#include <map>
#include <string>

#include "shim/core/counters.h"
#include "shim/http/http_client.h"
#include "shim/sources/plan_source.h"
#include "shim/sources/pod_watch.h"
#include "shim/worker.h"

namespace sidecar_shim {

struct ApiServerOptions {
  std::string kubeconfig;  // "": kubelet's is looked for
  std::string node_name;   // where the credential does not tell it; "": the host's name
  // At most so long is a question left open.
  Duration patience = std::chrono::milliseconds(800);
  PodWatchTiming timing;
};

class ApiServerSource : public PlanSource {
 public:
  ApiServerSource(Loop& loop, HttpClient& http, Worker& worker, Counters& counters, ApiServerOptions options);
  ~ApiServerSource() override;

  std::string name() const override { return "api-server"; }
  void Find(const PodQuery& query, Answer answer) override;
  void Follow(OnNews on_news) override;

  // How many pods are known.
  size_t size() const { return known_.size(); }

 private:
  struct Question {
    explicit Question(Loop& loop) : timer(loop) {}
    policy::PodRef pod;
    Answer answer;
    Loop::Timer timer;
    HttpClient::Id request = 0;
  };
  using QuestionId = uint64_t;

  void Fetch(QuestionId id);
  void FetchOpen();
  void Fetched(QuestionId id, const HttpResult& result);
  void Close(QuestionId id, const absl::StatusOr<PodNews>& news);
  // Whoever asked for it, and who follows.
  void Tell(const policy::PodRef& pod, const PodNews& news);
  void OnList(PodListing listing);
  void OnEvent(PodEvent event);
  void OnTrouble(const absl::Status& why);
  void OnUp();
  void OnDown(const absl::Status& why);

  Loop& loop_;
  HttpClient& http_;
  Worker& worker_;
  Counters& counters_;
  const Duration patience_;
  OnNews on_news_;
  std::map<policy::PodRef, PodNews> known_;
  std::map<QuestionId, Question> questions_;
  QuestionId next_ = 1;
  // Lets the worker's results notice that the source has gone.
  std::shared_ptr<bool> alive_ = std::make_shared<bool>(true);
  PodWatch watch_;
};

}  // namespace sidecar_shim

#endif  // SIDECAR_SHIM_SHIM_SOURCES_API_SERVER_SOURCE_H_
