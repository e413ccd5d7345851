// The node's name by kubelet's default: without --hostname-override and without a
// cloud provider, kubelet registers the node under its host name in lower case
// (nodeutil.GetHostname). Thread-safe.
#ifndef SIDECAR_SHIM_SHIM_KUBE_NODE_NAME_H_
#define SIDECAR_SHIM_SHIM_KUBE_NODE_NAME_H_

#include <string>

namespace sidecar_shim {

// The host name, trimmed and in lower case; "" if the system does not give it.
std::string HostName();

}  // namespace sidecar_shim

#endif  // SIDECAR_SHIM_SHIM_KUBE_NODE_NAME_H_
