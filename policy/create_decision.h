// How a CreateContainer of kubelet or crictl is answered. Pure: reads the pod
// after the request has been applied to its state.
#ifndef SIDECAR_SHIM_POLICY_CREATE_DECISION_H_
#define SIDECAR_SHIM_POLICY_CREATE_DECISION_H_

#include <optional>
#include <string>
#include <variant>

#include "policy/events.h"
#include "policy/pod_state.h"
#include "policy/settings.h"

namespace sidecar_shim::policy {

// Forward it to the runtime.
struct Admit {
  // It should wait, but kubelet requests it only once: why, for the log.
  std::optional<std::string> out_of_order;
};

// Answer with the container that the shim has created already.
struct UseExisting {
  ContainerId container;
};

// The shim is creating it at this moment: answer when that is over.
struct JoinLaunch {};

// Fail it with FAILED_PRECONDITION. remember: keep the request; the shim
// launches the container itself as soon as its turn comes.
struct Refuse {
  std::string reason;   // constant while the same containers are waited for
  std::string message;  // for the caller: the reason, and what makes kubelet retry soon
  bool remember = false;
};

using CreateDecision = std::variant<Admit, UseExisting, JoinLaunch, Refuse>;

CreateDecision DecideCreate(const PodState& pod, const CreateRequested& request, const Options& options);

}  // namespace sidecar_shim::policy

#endif  // SIDECAR_SHIM_POLICY_CREATE_DECISION_H_
