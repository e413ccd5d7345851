// The caller's side of one call: context, stream, and the news that the caller
// has gone away.
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
  std::function<void()> on_cancelled;  // set by whoever serves the call

  // Monotonic; Time::max() where the caller set no deadline.
  Time Deadline(const Loop& loop) const;
};

}  // namespace sidecar_shim

#endif  // SIDECAR_SHIM_SHIM_RELAY_ACCEPTED_CALL_H_
