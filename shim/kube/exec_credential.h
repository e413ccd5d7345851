// Credential plugins of a kubeconfig, as EKS' kubelets use them: a program that
// prints an ExecCredential. Blocks: for worker threads.
#ifndef SIDECAR_SHIM_SHIM_KUBE_EXEC_CREDENTIAL_H_
#define SIDECAR_SHIM_SHIM_KUBE_EXEC_CREDENTIAL_H_

#include <atomic>
#include <string>

#include "absl/status/statusor.h"
#include "absl/time/time.h"
#include "shim/base/loop.h"
#include "shim/kube/kubeconfig.h"

namespace sidecar_shim {

struct ExecCredential {
  std::string token;
  std::string cert;  // PEM
  std::string key;
  absl::Time expires = absl::InfiniteFuture();
};

// What the plugin printed; errors never quote it.
absl::StatusOr<ExecCredential> ParseExecCredential(const std::string& text, const std::string& api_version);

// Runs the plugin of `config`. `ca` is the cluster's, for plugins that want it.
absl::StatusOr<ExecCredential> RunCredentialPlugin(const Kubeconfig& config, const std::string& ca,
                                                   Duration timeout, const std::atomic<bool>& stop);

}  // namespace sidecar_shim

#endif  // SIDECAR_SHIM_SHIM_KUBE_EXEC_CREDENTIAL_H_
