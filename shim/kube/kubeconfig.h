// kubelet's own kubeconfig: how to reach the API server, and as whom. This file
// only reads the text; shim/kube/api_access opens what it points to.
#ifndef SIDECAR_SHIM_SHIM_KUBE_KUBECONFIG_H_
#define SIDECAR_SHIM_SHIM_KUBE_KUBECONFIG_H_

#include <optional>
#include <string>
#include <utility>
#include <vector>

#include "absl/status/statusor.h"
#include "absl/strings/string_view.h"

namespace sidecar_shim {

// PEM, either inline or in a file. Both empty: not given.
struct PemSource {
  std::string text;
  std::string file;
};

// A program that prints a credential (client.authentication.k8s.io).
struct CredentialPlugin {
  std::string api_version;
  std::string command;  // a path, or a name to be found in PATH
  std::vector<std::string> args;
  std::vector<std::pair<std::string, std::string>> env;
  bool wants_cluster = false;
};

struct Kubeconfig {
  std::string server;  // with scheme, without a slash at its end
  std::string server_name;
  bool insecure = false;
  PemSource ca;
  PemSource cert;
  PemSource key;
  std::string token;
  std::string token_file;  // counts before `token`
  std::optional<CredentialPlugin> plugin;
};

// What current-context names. Relative paths are taken from `directory`.
// kInvalidArgument says which part is missing, malformed or not supported, and
// never quotes a credential.
absl::StatusOr<Kubeconfig> ParseKubeconfig(absl::string_view text, const std::string& directory);

// As above, and ReadFile()'s errors.
absl::StatusOr<Kubeconfig> ReadKubeconfig(const std::string& path);

// The first of the places where kubeadm, the clouds' images, k3s and rke2 keep
// it that exists; "" where none does. `root` goes before each.
std::string FindKubeconfig(const std::string& root = "");

}  // namespace sidecar_shim

#endif  // SIDECAR_SHIM_SHIM_KUBE_KUBECONFIG_H_
