// The manifests from which kubelet makes static pods. They are read when they
// change, ahead of the questions; a question looks once more whether they have.
#ifndef SIDECAR_SHIM_SHIM_SPECS_STATIC_POD_SOURCE_H_
#define SIDECAR_SHIM_SHIM_SPECS_STATIC_POD_SOURCE_H_

#include <memory>
#include <string>
#include <vector>

#include "shim/base/counters.h"
#include "shim/base/file_watch.h"
#include "shim/base/lifetime.h"
#include "shim/base/loop.h"
#include "shim/base/worker.h"
#include "shim/specs/manifest_cache.h"
#include "shim/specs/spec_source.h"

namespace sidecar_shim {

class StaticPodSource : public SpecSource {
 public:
  // `places` are directories or files; missing ones may come. The node's name
  // may be empty: not known.
  StaticPodSource(Loop& loop, Worker& worker, Counters& counters, std::vector<std::string> places,
                  const std::string& node_name = "");

  std::string name() const override;
  void Find(const PodQuery& query, Answer answer) override;

 private:
  // Worker thread only.
  static void Refresh(Loop& loop, Counters& counters, ManifestCache& cache);

  Loop& loop_;
  Worker& worker_;
  Counters& counters_;
  // Shared with the worker's jobs, which may outlive the source.
  const std::shared_ptr<ManifestCache> cache_;
  Lifetime lifetime_;
  FileWatch watch_;
};

}  // namespace sidecar_shim

#endif  // SIDECAR_SHIM_SHIM_SPECS_STATIC_POD_SOURCE_H_
