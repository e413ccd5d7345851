// The manifests from which kubelet makes static pods.
#ifndef SIDECAR_SHIM_SHIM_SOURCES_STATIC_POD_SOURCE_H_
#define SIDECAR_SHIM_SHIM_SOURCES_STATIC_POD_SOURCE_H_

#include <string>

#include "shim/loop.h"
#include "shim/sources/plan_source.h"
#include "shim/worker.h"

namespace sidecar_shim {

class StaticPodSource : public PlanSource {
 public:
  StaticPodSource(Loop& loop, Worker& worker, std::string directory)
      : loop_(loop), worker_(worker), directory_(std::move(directory)) {}

  std::string name() const override { return "static-pod"; }
  void Find(const PodQuery& query, Answer answer) override;

 private:
  Loop& loop_;
  Worker& worker_;
  const std::string directory_;
};

}  // namespace sidecar_shim

#endif  // SIDECAR_SHIM_SHIM_SOURCES_STATIC_POD_SOURCE_H_
