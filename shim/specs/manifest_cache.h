// Caches the static pod manifests of the node and reads them again after they
// change. Finds the manifest of a pod by the name that kubelet gives to a static
// pod: <metadata.name>-<node name>. Not thread-safe; reads files, so for worker
// threads only.
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
  // `paths` are directories or files, like kubelet's staticPodPath. An empty
  // `node_name` means that it is not known: a pod then belongs to the manifest
  // whose name fits with `host_name`, or else to the one with the longest name
  // that is a prefix of the pod's.
  explicit ManifestCache(std::vector<std::string> paths, std::string node_name = "",
                         std::string host_name = HostName())
      : paths_(std::move(paths)), node_name_(std::move(node_name)), host_name_(std::move(host_name)) {}

  // Reads the files that are new or have changed. Returns an error text for each
  // of them that holds no valid Pod and whose error is new.
  std::vector<std::string> Refresh();

  // `source` becomes PodSpec::source. kNotFound: no manifest belongs to the pod.
  absl::StatusOr<PodUpdate> Find(const policy::PodRef& pod, const std::string& source) const;

 private:
  // Differs whenever the file's content does.
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
    // Written so recently that another write could leave the version unchanged.
    bool recent = false;
    std::optional<Manifest> manifest;
    std::string error;  // set if `manifest` is not
  };

  std::vector<std::string> ListFiles() const;
  bool Matches(const k8s::io::api::core::v1::ObjectMeta& metadata, const policy::PodRef& pod) const;

  const std::vector<std::string> paths_;
  const std::string node_name_;
  const std::string host_name_;
  std::map<std::string, File> files_;  // by path
};

}  // namespace sidecar_shim

#endif  // SIDECAR_SHIM_SHIM_SPECS_MANIFEST_CACHE_H_
