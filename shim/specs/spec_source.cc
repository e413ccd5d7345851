#include "shim/specs/spec_source.h"

namespace sidecar_shim {

absl::Status ToSourceStatus(const grpc::Status& status) {
  switch (status.error_code()) {
    // kubelet serves its sockets before its pod sources are ready.
    case grpc::StatusCode::FAILED_PRECONDITION:
      return absl::FailedPreconditionError(status.error_message());
    // kubelet limits the rate of calls (RESOURCE_EXHAUSTED); right after it has
    // started the channel may still be in its back-off (UNAVAILABLE).
    case grpc::StatusCode::CANCELLED:
    case grpc::StatusCode::DEADLINE_EXCEEDED:
    case grpc::StatusCode::RESOURCE_EXHAUSTED:
    case grpc::StatusCode::UNAVAILABLE:
      return absl::UnavailableError(status.error_message());
    // An older kubelet may serve fewer methods on the same socket.
    case grpc::StatusCode::NOT_FOUND:
    case grpc::StatusCode::UNIMPLEMENTED:
      return absl::NotFoundError(status.error_message());
    default:
      return absl::DataLossError(status.error_message());
  }
}

}  // namespace sidecar_shim
