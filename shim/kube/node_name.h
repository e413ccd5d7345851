// What kubelet calls its node where nobody tells it otherwise.
#ifndef SIDECAR_SHIM_SHIM_KUBE_NODE_NAME_H_
#define SIDECAR_SHIM_SHIM_KUBE_NODE_NAME_H_

#include <string>

namespace sidecar_shim {

// The host's name in lower case.
std::string HostName();

}  // namespace sidecar_shim

#endif  // SIDECAR_SHIM_SHIM_KUBE_NODE_NAME_H_
