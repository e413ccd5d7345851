// kubelet's PodsAPI for the pods of `run`, so that the shim learns of them
// the same way as of kubelet's.
#ifndef SIDECAR_SHIM_SHIM_RUN_PODS_API_SERVER_H_
#define SIDECAR_SHIM_SHIM_RUN_PODS_API_SERVER_H_

#include <sys/types.h>

#include <memory>
#include <string>
#include <vector>

#include "absl/status/statusor.h"
#include "shim/run/cri.h"

namespace sidecar_shim::run {

// Thread-safe. Serves v1alpha1.Pods on a unix socket of mode 0600 until it is
// destroyed; then the socket and the folders made for it are gone.
class PodsApiServer {
 public:
  // Makes missing folders. Replaces the socket of a dead server;
  // kAlreadyExists where a live one answers on `path` (a kubelet's, most
  // likely), kFailedPrecondition where something else is there.
  static absl::StatusOr<std::unique_ptr<PodsApiServer>> Start(const std::string& path);
  ~PodsApiServer();

  // Adds a pod or replaces the one with the same uid; watchers are told.
  void SetPod(const core::Pod& pod);
  // Watchers are told with the pod's name, namespace and uid only.
  void RemovePod(const std::string& uid);
  // Removes the socket and the folders made for it at once; for a process that
  // is about to end without destructors. A dead socket costs the shim time.
  void Unlink() const;

 private:
  class Service;
  PodsApiServer();

  std::string path_;
  ino_t inode_ = 0;  // of our socket
  std::vector<std::string> made_dirs_;
  std::unique_ptr<Service> service_;
};

}  // namespace sidecar_shim::run

#endif  // SIDECAR_SHIM_SHIM_RUN_PODS_API_SERVER_H_
