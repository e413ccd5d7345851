// Everything that a request to the API server needs, from a kubeconfig and the
// files and the credential plugin that it names.
#ifndef SIDECAR_SHIM_SHIM_KUBE_API_ACCESS_H_
#define SIDECAR_SHIM_SHIM_KUBE_API_ACCESS_H_

#include <atomic>
#include <functional>
#include <memory>
#include <optional>
#include <string>

#include "absl/status/statusor.h"
#include "absl/strings/string_view.h"
#include "absl/time/time.h"
#include "shim/base/lifetime.h"
#include "shim/base/loop.h"
#include "shim/base/worker.h"
#include "shim/http/http_client.h"
#include "shim/kube/exec_credential.h"

namespace sidecar_shim {

struct ApiAccess {
  // A GET of `path` with everything in it but the timeouts.
  HttpRequest Get(absl::string_view path) const;

  HttpRequest base;       // its url is the server, without a slash at the end
  std::string node_name;  // the client certificate's; "" where it names none
  absl::Time expires = absl::InfiniteFuture();
};

// Loop thread only; reads files and runs the plugin on a thread of its own, since
// a plugin may take seconds.
class ApiAccessLoader {
 public:
  using Done = std::function<void(const absl::StatusOr<ApiAccess>&)>;

  // An empty path: kubelet's kubeconfig is searched for, with every Load().
  ApiAccessLoader(Loop& loop, std::string kubeconfig);
  ~ApiAccessLoader();
  ApiAccessLoader(const ApiAccessLoader&) = delete;
  ApiAccessLoader& operator=(const ApiAccessLoader&) = delete;

  // Reads everything again: certificates and tokens rotate. Only a plugin's
  // credential is kept until it expires. `done` runs on the loop, unless the
  // loader is destroyed before. kNotFound where there is no kubeconfig at all.
  void Load(Done done);

  // The server refused the credential: the next Load() runs the plugin again.
  void InvalidateCredential();

 private:
  struct State;
  Loop& loop_;
  std::shared_ptr<State> state_;
  Lifetime lifetime_;
  Worker worker_;
};

}  // namespace sidecar_shim

#endif  // SIDECAR_SHIM_SHIM_KUBE_API_ACCESS_H_
