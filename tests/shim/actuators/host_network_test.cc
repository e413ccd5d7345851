// Pods in the host's network: what kubelet sends to the pod goes to the node's
// own address.
#include <gmock/gmock.h>
#include <gtest/gtest.h>
#include <netdb.h>
#include <poll.h>
#include <sys/socket.h>
#include <unistd.h>

#include <cstdlib>
#include <string>

#include "absl/strings/str_cat.h"
#include "shim/base/node_address.h"
#include "tests/support/pod_support.h"
#include "tests/support/relay_support.h"

namespace sidecar_shim::testing {
namespace {

namespace cri = runtime::v1;

constexpr char kSpec[] = R"({"restartPolicy": "Never", "containers": [
  {"name": "main", "postStart": false}, {"name": "agent", "sidecar": true, "postStart": false}]})";

// Listens on one address of the machine and on no other.
class Door {
 public:
  explicit Door(const std::string& address) {
    addrinfo hints{};
    hints.ai_flags = AI_NUMERICHOST;
    hints.ai_socktype = SOCK_STREAM;
    addrinfo* found = nullptr;
    if (getaddrinfo(address.c_str(), "0", &hints, &found) != 0) return;
    fd_ = socket(found->ai_family, SOCK_STREAM | SOCK_CLOEXEC, 0);
    sockaddr_storage place{};
    socklen_t length = sizeof(place);
    char port[16] = {};
    open_ = bind(fd_, found->ai_addr, found->ai_addrlen) == 0 && listen(fd_, 1) == 0 &&
            getsockname(fd_, reinterpret_cast<sockaddr*>(&place), &length) == 0 &&
            getnameinfo(reinterpret_cast<sockaddr*>(&place), length, nullptr, 0, port, sizeof(port),
                        NI_NUMERICSERV) == 0;
    port_ = std::atoi(port);
    freeaddrinfo(found);
  }
  ~Door() { close(fd_); }
  bool open() const { return open_; }
  int port() const { return port_; }
  bool Knocked() const {
    pollfd waiting{fd_, POLLIN, 0};
    return poll(&waiting, 1, 0) == 1;
  }

 private:
  int fd_ = -1;
  int port_ = 0;
  bool open_ = false;
};

TEST(HostNetworkTest, HookGoesToTheNodesAddress) {
  const Door door(FindNodeAddress());
  ASSERT_TRUE(door.open()) << "cannot listen on " << FindNodeAddress();
  ShimSetup setup;
  setup.runtime.On(Method("PodSandboxStatus"), ReplyWith(setup.runtime, ""));
  Pod pod(setup, kSpec);
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
