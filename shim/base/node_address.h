// The node's own address, which pods in the host's network have too: CRI shows
// none for them, and what they serve need not listen on loopback.
#ifndef SIDECAR_SHIM_SHIM_BASE_NODE_ADDRESS_H_
#define SIDECAR_SHIM_SHIM_BASE_NODE_ADDRESS_H_

#include <string>

namespace sidecar_shim {

// As kubelet finds it where nobody tells: the address that the default route
// sends from, else the first global one of any interface, else 127.0.0.1. Asks
// the kernel only (no packet is sent); addresses come and go, so ask anew.
std::string FindNodeAddress();

// Not thread-safe.
class NodeAddress {
 public:
  // What kubelet takes for it (status.hostIP of its pods): on a node with
  // several it may be told (--node-ip). Empty = nothing was said.
  void Learn(const std::string& host_ip);

  // `pod_ip` as PodSandboxStatus has it, or the node's where it is empty.
  std::string OfPod(const std::string& pod_ip) const;

 private:
  std::string learnt_;
};

}  // namespace sidecar_shim

#endif  // SIDECAR_SHIM_SHIM_BASE_NODE_ADDRESS_H_
