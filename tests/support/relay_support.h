// Scripts for FakeRuntime::On(): how the runtime answers a relayed call.
#ifndef SIDECAR_SHIM_TESTS_SUPPORT_RELAY_SUPPORT_H_
#define SIDECAR_SHIM_TESTS_SUPPORT_RELAY_SUPPORT_H_

#include <functional>
#include <memory>
#include <string>

#include "tests/support/shim_under_test.h"

namespace sidecar_shim::testing {

inline constexpr char kUnknown[] = "/some.other.v7.Service/Method";

// Answers every message with the same message, until the caller half-closes.
inline void Echo(const std::shared_ptr<RawCall>& call) {
  call->Read([call](bool ok, const std::string& message) {
    if (!ok) {
      call->Finish(grpc::Status::OK);
      return;
    }
    call->Write(message, [call](bool) { Echo(call); });
  });
}

// Records the request and answers with `response`.
inline RawServer::Serve ReplyWith(FakeRuntime& runtime, const std::string& response) {
  return [&runtime, response](const std::shared_ptr<RawCall>& call) {
    call->Read([&runtime, response, call](bool, const std::string& bytes) {
      runtime.Record(call, bytes);
      call->Reply(response);
    });
  };
}

// Records the request and fails with `status`.
inline RawServer::Serve FailWith(FakeRuntime& runtime, const grpc::Status& status) {
  return [&runtime, status](const std::shared_ptr<RawCall>& call) {
    call->Read([&runtime, status, call](bool, const std::string& bytes) {
      runtime.Record(call, bytes);
      call->Finish(status);
    });
  };
}

}  // namespace sidecar_shim::testing

#endif  // SIDECAR_SHIM_TESTS_SUPPORT_RELAY_SUPPORT_H_
