// Pods in the host's network: what kubelet sends to the pod goes to the node's
// own address.
#include <arpa/inet.h>
#include <gmock/gmock.h>
#include <gtest/gtest.h>
#include <poll.h>
#include <sys/socket.h>
#include <unistd.h>

#include <string>

#include "absl/strings/str_cat.h"
#include "shim/node_address.h"
#include "tests/shim/pod_support.h"
#include "tests/shim/relay_support.h"

namespace sidecar_shim::testing {
namespace {

namespace cri = runtime::v1;

constexpr char kPlan[] = R"({"restartPolicy": "Never", "containers": [
  {"name": "main", "postStart": false}, {"name": "agent", "sidecar": true, "postStart": false}]})";

// Listens on one IPv4 address of the machine and on no other.
class Door {
 public:
  explicit Door(const std::string& address) : fd_(socket(AF_INET, SOCK_STREAM | SOCK_CLOEXEC, 0)) {
    sockaddr_in place{};
    place.sin_family = AF_INET;
    socklen_t length = sizeof(place);
    open_ = inet_pton(AF_INET, address.c_str(), &place.sin_addr) == 1 &&
            bind(fd_, reinterpret_cast<sockaddr*>(&place), length) == 0 && listen(fd_, 1) == 0 &&
            getsockname(fd_, reinterpret_cast<sockaddr*>(&place), &length) == 0;
    port_ = ntohs(place.sin_port);
  }
  ~Door() { close(fd_); }
  bool open() const { return open_; }
  int port() const { return port_; }
  bool Knocked() const {
    pollfd waiting{fd_, POLLIN, 0};
    return poll(&waiting, 1, 0) == 1;
  }

 private:
  int fd_;
  int port_ = 0;
  bool open_ = false;
};

TEST(HostNetworkTest, HookGoesToTheNodesAddress) {
  const Door door(FindNodeAddress());
  if (!door.open()) GTEST_SKIP() << "no IPv4 address here";
  ShimSetup setup;
  setup.runtime.On(Method("PodSandboxStatus"), ReplyWith(setup.runtime, ""));
  Pod pod(setup, kPlan);
  const std::string hook = absl::StrCat(R"({"httpGet": {"path": "/", "port": )", door.port(), "}}");
  ASSERT_FALSE(pod.Launch(pod.Request("agent", {{"KRUISE_TERMINATE_SIDECAR_WHEN_JOB_EXIT", "true"}},
                                      {{"io.kubernetes.container.preStopHandler", hook}}))
                   .empty());
  const std::string main = pod.Launch(pod.Request("main"));
  ASSERT_TRUE(setup.runtime.Exit(main, 0));
  EXPECT_TRUE(Eventually([&] { return door.Knocked(); }));
}

}  // namespace
}  // namespace sidecar_shim::testing
