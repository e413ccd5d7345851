// The socket on which `run` serves its pod as kubelet serves its own (PodsAPI), so that the shim receives the
// pod's spec the same way.
#ifndef SIDECAR_SHIM_SHIM_RUN_PODS_API_SERVER_H_
#define SIDECAR_SHIM_SHIM_RUN_PODS_API_SERVER_H_

#include <grpcpp/grpcpp.h>
#include <sys/types.h>

#include <memory>
#include <string>
#include <vector>

#include "absl/status/status.h"
#include "absl/status/statusor.h"
#include "shim/run/cri.h"
#include "shim/run/pods_api_service.h"

namespace sidecar_shim::run {

// Thread-safe. Serves until it is destroyed; then the socket and the directories made for it are gone.
class PodsApiServer {
 public:
  // Listens on a unix socket of mode 0600 at `path`; makes missing directories and replaces the socket of a
  // server that is gone. kAlreadyExists where another process, most likely a kubelet, listens on `path`;
  // kFailedPrecondition where something other than a socket is there.
  static absl::StatusOr<std::unique_ptr<PodsApiServer>> Start(const std::string& path);
  ~PodsApiServer();

  // As in PodsApiService.
  void SetPod(const core::Pod& pod) { service_.Set(pod); }
  void RemovePod(const std::string& uid) { service_.Remove(uid); }
  // Removes the socket and the directories made for it at once; for a process that is about to end without
  // running destructors. The shim would wait for a socket on which no process listens.
  void Unlink() const;

 private:
  PodsApiServer() = default;
  absl::Status MakeDirectories();
  absl::Status Listen();

  std::string path_;
  ino_t inode_ = 0;  // of this server's socket
  std::vector<std::string> made_dirs_;
  PodsApiService service_;
  std::unique_ptr<grpc::Server> server_;
};

}  // namespace sidecar_shim::run

#endif  // SIDECAR_SHIM_SHIM_RUN_PODS_API_SERVER_H_
