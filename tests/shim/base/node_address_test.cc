#include "shim/base/node_address.h"

#include <arpa/inet.h>
#include <gtest/gtest.h>
#include <sys/socket.h>
#include <unistd.h>

#include <string>

namespace sidecar_shim {
namespace {

// An address is this machine's if a socket can be bound to it.
bool IsOurs(const std::string& text) {
  sockaddr_in v4{};
  sockaddr_in6 v6{};
  v4.sin_family = AF_INET;
  v6.sin6_family = AF_INET6;
  const bool is_v4 = inet_pton(AF_INET, text.c_str(), &v4.sin_addr) == 1;
  if (!is_v4 && inet_pton(AF_INET6, text.c_str(), &v6.sin6_addr) != 1) return false;
  const int fd = socket(is_v4 ? AF_INET : AF_INET6, SOCK_DGRAM | SOCK_CLOEXEC, 0);
  const bool bound = bind(fd, is_v4 ? reinterpret_cast<sockaddr*>(&v4) : reinterpret_cast<sockaddr*>(&v6),
                          is_v4 ? sizeof(v4) : sizeof(v6)) == 0;
  close(fd);
  return bound;
}

TEST(NodeAddressTest, IsAnAddressOfThisMachine) {
  EXPECT_TRUE(IsOurs(FindNodeAddress())) << FindNodeAddress();
}

TEST(NodeAddressTest, PodsOwnAddressComesFirst) {
  NodeAddress address;
  EXPECT_EQ(address.OfPod("10.1.2.3"), "10.1.2.3");
  EXPECT_EQ(address.OfPod(""), FindNodeAddress());
  address.Learn("");
  EXPECT_EQ(address.OfPod(""), FindNodeAddress());
  address.Learn("192.0.2.7");
  EXPECT_EQ(address.OfPod(""), "192.0.2.7");
  EXPECT_EQ(address.OfPod("10.1.2.3"), "10.1.2.3");
}

}  // namespace
}  // namespace sidecar_shim
