// Runs the credential plugin of a kubeconfig (users[].user.exec): a program that
// prints an ExecCredential of client.authentication.k8s.io. kubelets on EKS
// authenticate this way. Blocks until the program exits, so for worker threads
// only; thread-safe.
#ifndef SIDECAR_SHIM_SHIM_KUBE_EXEC_CREDENTIAL_H_
#define SIDECAR_SHIM_SHIM_KUBE_EXEC_CREDENTIAL_H_

#include <atomic>
#include <string>

#include "absl/status/statusor.h"
#include "absl/time/time.h"
#include "shim/base/loop.h"
#include "shim/kube/kubeconfig.h"

namespace sidecar_shim {

// Has a token, or a certificate with its key, or both.
struct ExecCredential {
  std::string token;
  std::string cert;  // PEM
  std::string key;   // PEM
  absl::Time expires = absl::InfiniteFuture();
};

// Parses what the plugin printed. kInvalidArgument says what is missing or
// malformed and never quotes the output, which may hold a secret.
absl::StatusOr<ExecCredential> ParseExecCredential(const std::string& text, const std::string& api_version);

// Runs the plugin of `config`, which must have one. `ca` is the cluster's CA in
// PEM, which a plugin with provideClusterInfo receives. Errors: those of
// RunChild() and of ParseExecCredential(). Setting `stop` kills the program.
absl::StatusOr<ExecCredential> RunCredentialPlugin(const Kubeconfig& config, const std::string& ca,
                                                   Duration timeout, const std::atomic<bool>& stop);

}  // namespace sidecar_shim

#endif  // SIDECAR_SHIM_SHIM_KUBE_EXEC_CREDENTIAL_H_
