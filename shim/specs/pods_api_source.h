// kubelet's PodsAPI: whole pod specs, live, on a root-only socket (KEP-4188,
// on by default from kubelet 1.37; facts/kubelet.md §5). GetPod answers while
// RunPodSandbox passes by; the watch keeps what was learnt up to date, and
// begins by itself when the socket appears.
#ifndef SIDECAR_SHIM_SHIM_SPECS_PODS_API_SOURCE_H_
#define SIDECAR_SHIM_SHIM_SPECS_PODS_API_SOURCE_H_

#include <functional>
#include <memory>
#include <string>

#include "absl/status/statusor.h"
#include "shim/base/lifetime.h"
#include "shim/cri/subscription.h"
#include "shim/cri/unary_client.h"
#include "shim/cri/upstream.h"
#include "shim/specs/spec_source.h"

namespace sidecar_shim {

class PodsApiSource : public SpecSource {
 public:
  PodsApiSource(Loop& loop, const std::string& socket_path);

  std::string name() const override { return "pods-api"; }
  void Find(const PodQuery& query, Answer answer) override;
  void Follow(UpdateCallback on_update) override;

 private:
  void Get(const std::string& uid, Time give_up, Answer answer);
  absl::StatusOr<PodUpdate> Read(const std::string& uid, const std::string& bytes) const;
  void OnWatch(const grpc::ByteBuffer& message);

  Loop& loop_;
  const std::string socket_path_;
  UpdateCallback on_update_;
  Upstream upstream_;
  UnaryClient client_;
  Subscription watch_;
  Lifetime lifetime_;
};

}  // namespace sidecar_shim

#endif  // SIDECAR_SHIM_SHIM_SPECS_PODS_API_SOURCE_H_
