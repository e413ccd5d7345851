// A runtime that is absent, restarts, or accepts connections and sends nothing.
#include <gmock/gmock.h>
#include <gtest/gtest.h>
#include <sys/socket.h>
#include <sys/un.h>
#include <unistd.h>

#include <cstring>
#include <string>

#include "cri.pb.h"
#include "tests/support/relay_support.h"

namespace sidecar_shim::testing {
namespace {

using ::testing::HasSubstr;

// Listens and sends nothing.
class MuteSocket {
 public:
  explicit MuteSocket(const std::string& path) : fd_(socket(AF_UNIX, SOCK_STREAM | SOCK_CLOEXEC, 0)) {
    sockaddr_un address{};
    address.sun_family = AF_UNIX;
    std::strncpy(address.sun_path, path.c_str(), sizeof(address.sun_path) - 1);
    bound_ =
        bind(fd_, reinterpret_cast<const sockaddr*>(&address), sizeof(address)) == 0 && listen(fd_, 128) == 0;
  }
  ~MuteSocket() { close(fd_); }
  bool bound() const { return bound_; }

 private:
  int fd_;
  bool bound_ = false;
};

bool Works(ShimSetup& setup) { return setup.client.Call(Method("Version"), "").status.ok(); }

TEST(RelayOutageTest, AbsentRuntimeIsNamedAndFoundLater) {
  ShimSetup setup(/*start_runtime=*/false);
  for (const std::string& method : {Method("Version"), std::string(kUnknown), Method("StartContainer")}) {
    const Answer answer = setup.client.Call(method, "");
    EXPECT_EQ(answer.status.error_code(), grpc::StatusCode::UNAVAILABLE) << method;
    EXPECT_THAT(answer.status.error_message(), HasSubstr(setup.config.runtime)) << method;
  }
  setup.runtime.Start();
  EXPECT_TRUE(Eventually([&] { return Works(setup); }));
}

TEST(RelayOutageTest, RuntimeRestart) {
  ShimSetup setup;
  ASSERT_TRUE(Works(setup));
  setup.runtime.Hang(Method("ExecSync"));
  auto hanging = setup.client.Begin(Method("ExecSync"), "");
  ASSERT_TRUE(Eventually([&] { return setup.runtime.Hanging() == 1; }));
  setup.runtime.Stop();
  EXPECT_FALSE(hanging->Wait().status.ok());
  const Answer answer = setup.client.Call(Method("Version"), "");
  EXPECT_EQ(answer.status.error_code(), grpc::StatusCode::UNAVAILABLE);
  EXPECT_THAT(answer.status.error_message(), HasSubstr(setup.config.runtime));
  setup.runtime.Start();
  EXPECT_TRUE(Eventually([&] { return Works(setup); }));
  // The shim has subscribed to container events again.
  EXPECT_TRUE(Eventually([&] { return setup.runtime.Subscribers() == 1; }));
}

TEST(RelayOutageTest, SocketThatNeverAnswersIsNamed) {
  ShimSetup setup(/*start_runtime=*/false);
  const MuteSocket mute(setup.dir.File("runtime.sock"));
  ASSERT_TRUE(mute.bound());
  const Answer answer = setup.client.Call(Method("Version"), "");
  EXPECT_EQ(answer.status.error_code(), grpc::StatusCode::UNAVAILABLE);
  EXPECT_THAT(answer.status.error_message(), HasSubstr(setup.config.runtime));
}

}  // namespace
}  // namespace sidecar_shim::testing
