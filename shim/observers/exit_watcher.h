// Receives exits from containerd's event service within milliseconds. Any number
// of clients may subscribe there, unlike CRI's GetContainerEvents on
// containerd 1.x, which has one subscriber: kubelet.
//
// Go servers send no headers before the first message, so a refused
// subscription looks at first like an accepted one. Events count as flowing once
// one has been received, or once the subscription has lasted for a second.
#ifndef SIDECAR_SHIM_SHIM_OBSERVERS_EXIT_WATCHER_H_
#define SIDECAR_SHIM_SHIM_OBSERVERS_EXIT_WATCHER_H_

#include "shim/cri/subscription.h"
#include "shim/driver/policy_driver.h"
#include "shim/observers/reconciler.h"

namespace sidecar_shim {

// Loop thread only.
class ExitWatcher {
 public:
  ExitWatcher(Loop& loop, Upstream& upstream, PolicyDriver& driver, Reconciler& reconciler);

  void Start() { subscription_.Start(); }
  void Stop();

 private:
  void OnSent();
  void OnFlow();
  void OnMessage(const std::string& message);
  void OnEnd(const grpc::Status& status);

  Loop& loop_;
  PolicyDriver& driver_;
  Reconciler& reconciler_;
  Loop::Timer lasting_;
  Subscription subscription_;
  bool flows_ = false;
  bool served_ = false;  // events have flowed from this runtime before
  bool warned_ = false;
};

}  // namespace sidecar_shim

#endif  // SIDECAR_SHIM_SHIM_OBSERVERS_EXIT_WATCHER_H_
