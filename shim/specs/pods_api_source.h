// The spec source "pods-api": kubelet's PodsAPI (KEP-4188, enabled by default
// since kubelet 1.37), which serves complete pods on a socket that only root can
// open. GetPod knows a pod before its RunPodSandbox; WatchPods reports changes.
// The watch starts as soon as the socket exists and restarts when it ends. Loop
// thread only.
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
#include "shim/specs/source_names.h"
#include "shim/specs/spec_source.h"

namespace sidecar_shim {

class PodsApiSource : public SpecSource {
 public:
  PodsApiSource(Loop& loop, const std::string& socket_path);

  std::string name() const override { return kPodsApi; }
  void Find(const PodQuery& query, Answer answer) override;
  void Follow(UpdateCallback on_update) override;

 private:
  // Calls GetPod, again and again while kubelet is starting, until `deadline`.
  void Get(const std::string& uid, Time deadline, Answer answer);
  absl::StatusOr<PodUpdate> ParsePod(const std::string& uid, const std::string& bytes) const;
  void OnWatch(const std::string& message);

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
