// Which user listens on a TCP port of this host. kubelet's ports are above 1023:
// if kubelet does not use one, any process and any pod on the host network can
// listen on it and pretend to be kubelet. Reads /proc; thread-safe.
#ifndef SIDECAR_SHIM_SHIM_KUBE_PORT_OWNER_H_
#define SIDECAR_SHIM_SHIM_KUBE_PORT_OWNER_H_

#include <string>

namespace sidecar_shim {

enum class PortOwner {
  kNone,       // no listener
  kTrusted,    // every listener belongs to root or to the shim's own user
  kUntrusted,  // at least one listener belongs to another user
};

// Looks at IPv4 and IPv6 listeners, whatever address they are bound to.
PortOwner OwnerOfPort(int port);

// The same for the text of one of /proc/net/tcp and /proc/net/tcp6.
PortOwner OwnerInTable(const std::string& table, int port, unsigned int own_uid);

}  // namespace sidecar_shim

#endif  // SIDECAR_SHIM_SHIM_KUBE_PORT_OWNER_H_
