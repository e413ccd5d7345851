// The node's own address, which is also that of pods in the host's network: CRI
// shows none for them, and they need not listen on loopback.
#ifndef SIDECAR_SHIM_SHIM_BASE_NODE_ADDRESS_H_
#define SIDECAR_SHIM_SHIM_BASE_NODE_ADDRESS_H_

#include <string>

namespace sidecar_shim {

// As kubelet finds it without --node-ip: the address that the default route
// sends from, else the first global one of any interface, else 127.0.0.1. Queries
// the kernel only (no packet is sent), each time, since addresses change.
std::string FindNodeAddress();

// Not thread-safe.
class NodeAddress {
 public:
  // The address that kubelet uses (status.hostIP of its pods), which on a node with
  // several may come from --node-ip. Empty: not known, ignored.
  void Learn(const std::string& host_ip);

  // `pod_ip` as PodSandboxStatus has it, or the node's where it is empty.
  std::string OfPod(const std::string& pod_ip) const;

 private:
  std::string learnt_;
};

}  // namespace sidecar_shim

#endif  // SIDECAR_SHIM_SHIM_BASE_NODE_ADDRESS_H_
