// kubelet's podresources API (KEP-606, there since kubelet 1.15): which
// containers a pod has, and nothing else. The policy then learns the rest as
// the containers arrive (PodSpec::names_only). It answers with all pods at once
// and so many times a second only, so one answer serves all who wait.
#ifndef SIDECAR_SHIM_SHIM_SPECS_POD_RESOURCES_SOURCE_H_
#define SIDECAR_SHIM_SHIM_SPECS_POD_RESOURCES_SOURCE_H_

#include <string>
#include <vector>

#include "shim/cri/unary_client.h"
#include "shim/cri/upstream.h"
#include "shim/specs/spec_source.h"

namespace sidecar_shim {

class PodResourcesSource : public SpecSource {
 public:
  PodResourcesSource(Loop& loop, const std::string& socket_path);

  std::string name() const override { return "podresources"; }
  void Find(const PodQuery& query, Answer answer) override;

 private:
  struct PendingQuery {
    policy::PodRef pod;
    Answer answer;
  };

  void List();

  const std::string socket_path_;
  Upstream upstream_;
  UnaryClient client_;
  std::vector<PendingQuery> queries_;  // for the next list
  bool listing_ = false;
};

}  // namespace sidecar_shim

#endif  // SIDECAR_SHIM_SHIM_SPECS_POD_RESOURCES_SOURCE_H_
