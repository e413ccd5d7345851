// What the handlers of intercepted calls work with.
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

// All outlive the calls.
struct HandlerContext {
  Loop& loop;
  PolicyDriver& driver;
  Launcher& launcher;
  Reconciler& reconciler;
  SpecResolver& specs;
  Prober& prober;
};

// What a call is told that cannot wait for its turn because the shim ends.
inline grpc::Status ShuttingDown() {
  return grpc::Status(grpc::StatusCode::UNAVAILABLE, "sidecar-shim is shutting down");
}

// A handler for each intercepted method, in both CRI versions.
HandlerTable MakeHandlers(HandlerContext& context);

// Null where this call is of no interest.
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
