// What the handlers of intercepted CRI calls work with, and the functions that make them. Loop thread only.
#ifndef SIDECAR_SHIM_SHIM_HANDLERS_CONTEXT_H_
#define SIDECAR_SHIM_SHIM_HANDLERS_CONTEXT_H_

#include "shim/actuators/launcher.h"
#include "shim/actuators/prober.h"
#include "shim/cri/bytes.h"
#include "shim/driver/policy_driver.h"
#include "shim/observers/reconciler.h"
#include "shim/relay/call_handler.h"
#include "shim/specs/spec_resolver.h"

namespace sidecar_shim {

// All of it outlives the calls.
struct HandlerContext {
  Loop& loop;
  PolicyDriver& driver;
  Launcher& launcher;
  Reconciler& reconciler;
  SpecResolver& specs;
  Prober& prober;
};

// The status of a call that the shim answers because it shuts down: kubelet retries, with the next shim.
inline grpc::Status ShuttingDown() {
  return grpc::Status(grpc::StatusCode::UNAVAILABLE, "sidecar-shim is shutting down");
}

// A maker for each intercepted method, in both CRI versions; `context` outlives the table.
HandlerTable MakeHandlers(HandlerContext& context);

// Null where the call can be relayed without a handler.
std::unique_ptr<CallHandler> MakeRunPodSandboxHandler(HandlerContext& context);
std::unique_ptr<CallHandler> MakeStopPodSandboxHandler(HandlerContext& context);
std::unique_ptr<CallHandler> MakeRemovePodSandboxHandler(HandlerContext& context);
std::unique_ptr<CallHandler> MakeCreateContainerHandler(HandlerContext& context);
std::unique_ptr<CallHandler> MakeStartContainerHandler(HandlerContext& context);
std::unique_ptr<CallHandler> MakeStopContainerHandler(HandlerContext& context);
std::unique_ptr<CallHandler> MakeRemoveContainerHandler(HandlerContext& context);
std::unique_ptr<CallHandler> MakeExecSyncHandler(HandlerContext& context);
std::unique_ptr<CallHandler> MakeListContainersHandler(HandlerContext& context);
std::unique_ptr<CallHandler> MakeContainerStatusHandler(HandlerContext& context);
std::unique_ptr<CallHandler> MakePodSandboxStatusHandler(HandlerContext& context);
std::unique_ptr<CallHandler> MakeContainerEventsHandler(HandlerContext& context);
std::unique_ptr<CallHandler> MakePullImageHandler(HandlerContext& context);

}  // namespace sidecar_shim

#endif  // SIDECAR_SHIM_SHIM_HANDLERS_CONTEXT_H_
