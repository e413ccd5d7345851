#include "shim/specs/spec_source.h"

namespace sidecar_shim {

absl::Status ToSourceStatus(const grpc::Status& status) {
  switch (status.error_code()) {
    // kubelet opens its sockets before it knows its pods.
    case grpc::StatusCode::FAILED_PRECONDITION:
      return absl::FailedPreconditionError(status.error_message());
    // kubelet answers so many questions a second (RESOURCE_EXHAUSTED); right
    // after its start the channel may still be backing off (UNAVAILABLE).
    case grpc::StatusCode::CANCELLED:
    case grpc::StatusCode::DEADLINE_EXCEEDED:
    case grpc::StatusCode::RESOURCE_EXHAUSTED:
    case grpc::StatusCode::UNAVAILABLE:
      return absl::UnavailableError(status.error_message());
    // An older kubelet may have less to offer on the same socket.
    case grpc::StatusCode::NOT_FOUND:
    case grpc::StatusCode::UNIMPLEMENTED:
      return absl::NotFoundError(status.error_message());
    default:
      return absl::DataLossError(status.error_message());
  }
}

}  // namespace sidecar_shim
