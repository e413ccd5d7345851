// The spec source "static-pod": the manifests from which kubelet creates static
// pods. Reads them on a worker thread whenever the directory changes; a query
// checks once more for changes that the watch has not reported yet. Loop thread
// only.
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
  // `paths` are directories or files, which may be created later. `node_name` may
  // be empty if it is not known (see ManifestCache).
  StaticPodSource(Loop& loop, Worker& worker, Counters& counters, std::vector<std::string> paths,
                  const std::string& node_name = "");

  std::string name() const override;
  void Find(const PodQuery& query, Answer answer) override;

 private:
  // Worker thread only.
  static void Refresh(Loop& loop, Counters& counters, ManifestCache& cache);

  Loop& loop_;
  Worker& worker_;
  Counters& counters_;
  // Shared with the worker's jobs, which can outlive the source.
  const std::shared_ptr<ManifestCache> cache_;
  Lifetime lifetime_;
  FileWatch watch_;
};

}  // namespace sidecar_shim

#endif  // SIDECAR_SHIM_SHIM_SPECS_STATIC_POD_SOURCE_H_
