// kubelet's podresources API (KEP-606, there since kubelet 1.15): which
// containers a pod has, and nothing else. The policy then learns the rest as
// the containers arrive (PodPlan::names_only). It answers with all pods at once
// and so many times a second only, so one answer serves all who wait.
#ifndef SIDECAR_SHIM_SHIM_SOURCES_POD_RESOURCES_SOURCE_H_
#define SIDECAR_SHIM_SHIM_SOURCES_POD_RESOURCES_SOURCE_H_

#include <string>
#include <vector>

#include "shim/relay/unary_client.h"
#include "shim/relay/upstream.h"
#include "shim/sources/plan_source.h"

namespace sidecar_shim {

class PodResourcesSource : public PlanSource {
 public:
  PodResourcesSource(Loop& loop, const std::string& socket_path);

  std::string name() const override { return "podresources"; }
  void Find(const PodQuery& query, Answer answer) override;

 private:
  struct Question {
    policy::PodRef pod;
    Answer answer;
  };

  void List();

  const std::string socket_path_;
  Upstream upstream_;
  UnaryClient client_;
  std::vector<Question> questions_;  // for the next list
  bool listing_ = false;
};

}  // namespace sidecar_shim

#endif  // SIDECAR_SHIM_SHIM_SOURCES_POD_RESOURCES_SOURCE_H_
