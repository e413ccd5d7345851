// The spec source "podresources": kubelet's podresources API (KEP-606, kubelet
// 1.15 and later). It gives the names of a pod's containers and no priorities or
// probes; the policy reads those from the CreateContainer requests
// (PodSpec::names_only). kubelet's List returns all pods and is limited in rate,
// so one call answers all queries that are pending when it starts. Loop thread
// only.
#ifndef SIDECAR_SHIM_SHIM_SPECS_POD_RESOURCES_SOURCE_H_
#define SIDECAR_SHIM_SHIM_SPECS_POD_RESOURCES_SOURCE_H_

#include <string>
#include <vector>

#include "shim/cri/unary_client.h"
#include "shim/cri/upstream.h"
#include "shim/specs/source_names.h"
#include "shim/specs/spec_source.h"

namespace sidecar_shim {

class PodResourcesSource : public SpecSource {
 public:
  PodResourcesSource(Loop& loop, const std::string& socket_path);

  std::string name() const override { return kPodResources; }
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
  std::vector<PendingQuery> queries_;  // to be answered by the next List
  bool listing_ = false;               // a List is in flight
};

}  // namespace sidecar_shim

#endif  // SIDECAR_SHIM_SHIM_SPECS_POD_RESOURCES_SOURCE_H_
