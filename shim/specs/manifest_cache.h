// The manifests from which kubelet makes static pods, read again where they
// have changed. Not thread-safe; reads files, so for a worker thread.
#ifndef SIDECAR_SHIM_SHIM_SPECS_MANIFEST_CACHE_H_
#define SIDECAR_SHIM_SHIM_SPECS_MANIFEST_CACHE_H_

#include <sys/stat.h>

#include <map>
#include <optional>
#include <string>
#include <utility>
#include <vector>

#include "absl/status/statusor.h"
#include "policy/types.h"
#include "shim/kube/manifest.h"
#include "shim/kube/node_name.h"
#include "shim/kube/pod_update.h"

namespace sidecar_shim {

class ManifestCache {
 public:
  // Directories and single files, as kubelet's staticPodPath may be either.
  // An empty node name is not known: then the one that fits with the host's name
  // is the pod's, else the one with the longest name that fits.
  explicit ManifestCache(std::vector<std::string> places, std::string node_name = "",
                         std::string host_name = HostName())
      : places_(std::move(places)), node_name_(std::move(node_name)), host_name_(std::move(host_name)) {}

  // Looks at all files, reads the new and the changed ones. Returns what is
  // wrong with those that hold no pod, once for each time that one changes.
  std::vector<std::string> Refresh();

  // kNotFound where no manifest is that pod's.
  absl::StatusOr<PodUpdate> Find(const policy::PodRef& pod, const std::string& source) const;

 private:
  // What changes whenever a file does.
  struct Version {
    dev_t device = 0;
    ino_t inode = 0;
    off_t size = 0;
    int64_t modified = 0;  // ns
    int64_t changed = 0;   // ns

    bool operator==(const Version&) const = default;
  };
  struct File {
    Version version;
    // Written so recently that the next write may leave the same version.
    bool fresh = false;
    std::optional<Manifest> manifest;
    std::string problem;
  };

  std::vector<std::string> Paths() const;
  bool Matches(const k8s::io::api::core::v1::ObjectMeta& metadata, const policy::PodRef& pod) const;

  const std::vector<std::string> places_;
  const std::string node_name_;
  const std::string host_name_;
  std::map<std::string, File> files_;  // by path
};

}  // namespace sidecar_shim

#endif  // SIDECAR_SHIM_SHIM_SPECS_MANIFEST_CACHE_H_
