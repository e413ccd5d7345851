// Reads a kubeconfig, usually kubelet's own: the API server's address and the
// credential to present to it. Supports what kubelets use: certificates, tokens
// and credential plugins; no proxy, password or auth provider. The files and the
// plugin that it names are left to shim/kube/api_access. Stateless; reads files,
// so for worker threads.
#ifndef SIDECAR_SHIM_SHIM_KUBE_KUBECONFIG_H_
#define SIDECAR_SHIM_SHIM_KUBE_KUBECONFIG_H_

#include <optional>
#include <string>
#include <utility>
#include <vector>

#include "absl/status/statusor.h"
#include "absl/strings/string_view.h"

namespace sidecar_shim {

// PEM, inline (`text`) or in a file. Both empty: the kubeconfig has none.
struct PemSource {
  std::string text;
  std::string file;
};

// users[].user.exec: a program that prints a credential of the API group
// client.authentication.k8s.io.
struct CredentialPlugin {
  std::string api_version;
  std::string command;  // a path, or a name to look up in PATH
  std::vector<std::string> args;
  std::vector<std::pair<std::string, std::string>> env;
  bool provide_cluster_info = false;
};

struct Kubeconfig {
  std::string server;       // with scheme, without a trailing slash
  std::string server_name;  // tls-server-name
  bool insecure = false;    // insecure-skip-tls-verify
  PemSource ca;
  PemSource cert;
  PemSource key;
  std::string token;
  std::string token_file;  // takes precedence over `token`, as in client-go
  std::optional<CredentialPlugin> plugin;
};

// Parses `text` (YAML or JSON) and resolves its current-context. Relative paths
// are resolved against `directory`. kInvalidArgument names the part that is
// missing, malformed or not supported, and never quotes a credential.
absl::StatusOr<Kubeconfig> ParseKubeconfig(absl::string_view text, const std::string& directory);

// The same for a file. Also returns the errors of ReadFile().
absl::StatusOr<Kubeconfig> ReadKubeconfig(const std::string& path);

// Returns the first path that exists among those where kubeadm, the cloud
// providers' node images, k3s and rke2 keep kubelet's kubeconfig; "" if none
// does. `root` is prepended to each.
std::string FindKubeconfig(const std::string& root = "");

}  // namespace sidecar_shim

#endif  // SIDECAR_SHIM_SHIM_KUBE_KUBECONFIG_H_
