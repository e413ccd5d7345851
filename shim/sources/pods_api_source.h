// kubelet's PodsAPI: whole pod specs, live, on a root-only socket (KEP-4188,
// on by default from kubelet 1.37; facts/kubelet.md §5). GetPod answers while
// RunPodSandbox passes by; the watch keeps what was learnt up to date, and
// begins by itself when the socket appears.
#ifndef SIDECAR_SHIM_SHIM_SOURCES_PODS_API_SOURCE_H_
#define SIDECAR_SHIM_SHIM_SOURCES_PODS_API_SOURCE_H_

#include <functional>
#include <memory>
#include <string>

#include "absl/status/statusor.h"
#include "shim/relay/subscription.h"
#include "shim/relay/unary_client.h"
#include "shim/relay/upstream.h"
#include "shim/sources/plan_source.h"

namespace sidecar_shim {

class PodsApiSource : public PlanSource {
 public:
  PodsApiSource(Loop& loop, const std::string& socket_path);

  std::string name() const override { return "pods-api"; }
  void Find(const PodQuery& query, Answer answer) override;
  void Follow(OnNews on_news) override;

 private:
  void Get(const std::string& uid, Time give_up, Answer answer);
  absl::StatusOr<PodNews> Read(const std::string& uid, const std::string& bytes) const;
  void OnWatch(const grpc::ByteBuffer& message);

  Loop& loop_;
  const std::string socket_path_;
  OnNews on_news_;
  Upstream upstream_;
  UnaryClient client_;
  Subscription watch_;
  // Lets pending retries notice that the source has gone.
  std::shared_ptr<bool> alive_ = std::make_shared<bool>(true);
};

}  // namespace sidecar_shim

#endif  // SIDECAR_SHIM_SHIM_SOURCES_PODS_API_SOURCE_H_
