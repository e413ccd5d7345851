// Learns exits from containerd's event service within milliseconds. Any number
// of clients may subscribe there, unlike CRI's GetContainerEvents on
// containerd 1.x, which belongs to kubelet.
//
// Go servers send no headers before the first message, so a subscription that
// was refused looks at first like one that holds. Events count as flowing once
// one has come, or once the subscription has lasted.
#ifndef SIDECAR_SHIM_SHIM_OBSERVERS_EXIT_WATCHER_H_
#define SIDECAR_SHIM_SHIM_OBSERVERS_EXIT_WATCHER_H_

#include "shim/cri/subscription.h"
#include "shim/driver/policy_driver.h"
#include "shim/observers/reconciler.h"

namespace sidecar_shim {

class ExitWatcher {
 public:
  ExitWatcher(Loop& loop, Upstream& upstream, PolicyDriver& driver, Reconciler& reconciler);

  void Start() { subscription_.Start(); }
  void Stop();

 private:
  void OnSent();
  void OnFlow();
  void OnMessage(const grpc::ByteBuffer& message);
  void OnEnd(const grpc::Status& status);

  PolicyDriver& driver_;
  Reconciler& reconciler_;
  Loop::Timer lasts_;
  Subscription subscription_;
  bool flows_ = false;
  bool served_ = false;  // events have flowed from this runtime before
  bool complained_ = false;
};

}  // namespace sidecar_shim

#endif  // SIDECAR_SHIM_SHIM_OBSERVERS_EXIT_WATCHER_H_
