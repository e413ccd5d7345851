// A loop without a server's calls, for tests of single parts.
#ifndef SIDECAR_SHIM_TESTS_SUPPORT_LOOP_SUPPORT_H_
#define SIDECAR_SHIM_TESTS_SUPPORT_LOOP_SUPPORT_H_

#include <grpcpp/generic/async_generic_service.h>

#include <functional>
#include <memory>

#include "shim/base/loop.h"
#include "tests/support/client.h"

namespace sidecar_shim::testing {

class TestLoop {
 public:
  TestLoop() {
    grpc::ServerBuilder builder;
    builder.RegisterAsyncGenericService(&service_);
    loop_ = std::make_unique<Loop>(builder.AddCompletionQueue());
    server_ = builder.BuildAndStart();
  }

  ~TestLoop() {
    if (!turned_) TurnUntil([] { return true; });
  }

  Loop& operator*() { return *loop_; }

  // Turns the loop until `condition` holds, then takes what uses it apart. Once,
  // at the end of a test: a loop does not go on afterwards. False: in vain.
  bool TurnUntil(
      const std::function<bool()>& condition, const std::function<void()>& take_apart = [] {}) {
    turned_ = true;
    bool met = false;
    Loop::Timer look(*loop_);
    const Time give_up = Loop::Now() + kPatience;
    const std::function<void()> again = [&] {
      met = condition();
      if (!met && Loop::Now() < give_up) {
        look.Start(Loop::Now() + std::chrono::milliseconds(5), again);
        return;
      }
      take_apart();
      loop_->Shutdown();
    };
    server_->Shutdown();  // it serves nothing
    loop_->Post(again);
    loop_->Run();
    return met;
  }

 private:
  grpc::AsyncGenericService service_;
  std::unique_ptr<Loop> loop_;
  std::unique_ptr<grpc::Server> server_;
  bool turned_ = false;
};

}  // namespace sidecar_shim::testing

#endif  // SIDECAR_SHIM_TESTS_SUPPORT_LOOP_SUPPORT_H_
