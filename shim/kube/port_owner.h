// Who listens on a port of this machine. kubelet's ports are above 1023: where
// kubelet does not use one, any process or pod of the host network may.
#ifndef SIDECAR_SHIM_SHIM_KUBE_PORT_OWNER_H_
#define SIDECAR_SHIM_SHIM_KUBE_PORT_OWNER_H_

#include <string>

namespace sidecar_shim {

enum class PortOwner { kNobody, kTrusted, kUntrusted };

// kTrusted: every listener on that port is root's or our own user's.
PortOwner OwnerOfPort(int port);

// The same from the text of /proc/net/tcp or tcp6.
PortOwner OwnerInTable(const std::string& table, int port, unsigned int own_uid);

}  // namespace sidecar_shim

#endif  // SIDECAR_SHIM_SHIM_KUBE_PORT_OWNER_H_
