// The caller's side of one call: context, stream, and notice of the caller's cancellation. Loop thread only.
#ifndef SIDECAR_SHIM_SHIM_RELAY_ACCEPTED_CALL_H_
#define SIDECAR_SHIM_SHIM_RELAY_ACCEPTED_CALL_H_

#include <grpcpp/generic/async_generic_service.h>

#include <functional>

#include "shim/base/clock.h"
#include "shim/base/loop.h"

namespace sidecar_shim {

struct AcceptedCall {
  grpc::GenericServerContext context;
  grpc::GenericServerAsyncReaderWriter stream{&context};
  bool cancelled = false;
  std::function<void()> on_cancelled;  // set by the relay that serves the call; runs at most once

  // Monotonic; Time::max() where the caller set no deadline.
  Time Deadline(const Loop& loop) const;
};

}  // namespace sidecar_shim

#endif  // SIDECAR_SHIM_SHIM_RELAY_ACCEPTED_CALL_H_
