#include "shim/base/node_address.h"

#include <arpa/inet.h>
#include <ifaddrs.h>
#include <net/if.h>
#include <netinet/in.h>
#include <sys/socket.h>
#include <unistd.h>

#include <cstdint>
#include <cstring>

namespace sidecar_shim {
namespace {

constexpr const char* kLoopback = "127.0.0.1";
// Addresses reserved for documentation: no host has them, so the default route applies.
constexpr const char* kElsewhere4 = "192.0.2.1";
constexpr const char* kElsewhere6 = "2001:db8::1";
constexpr uint16_t kAnyPort = 9;

// An address of one of the two families.
union Address {
  sockaddr any;
  sockaddr_in v4;
  sockaddr_in6 v6;
};

// As text; "" for an address that other hosts cannot reach.
std::string GlobalText(const Address& address) {
  char text[INET6_ADDRSTRLEN] = {};
  if (address.any.sa_family == AF_INET) {
    const uint32_t ip = ntohl(address.v4.sin_addr.s_addr);
    const bool link_local = (ip >> 16) == 0xa9fe;  // 169.254/16
    if (ip == INADDR_ANY || (ip >> 24) == IN_LOOPBACKNET || link_local) return "";
    inet_ntop(AF_INET, &address.v4.sin_addr, text, sizeof(text));
  } else if (address.any.sa_family == AF_INET6) {
    const in6_addr& ip = address.v6.sin6_addr;
    if (IN6_IS_ADDR_UNSPECIFIED(&ip) || IN6_IS_ADDR_LOOPBACK(&ip) || IN6_IS_ADDR_LINKLOCAL(&ip)) return "";
    inet_ntop(AF_INET6, &ip, text, sizeof(text));
  }
  return text;
}

// Connecting a datagram socket selects the route and sends nothing.
std::string SourceTowards(const Address& target, socklen_t length) {
  const int fd = socket(target.any.sa_family, SOCK_DGRAM | SOCK_CLOEXEC, 0);
  if (fd < 0) return "";
  Address source{};
  socklen_t got = sizeof(source);
  const bool found = connect(fd, &target.any, length) == 0 && getsockname(fd, &source.any, &got) == 0;
  close(fd);
  return found ? GlobalText(source) : "";
}

std::string OfDefaultRoute() {
  Address v4{};
  v4.v4.sin_family = AF_INET;
  v4.v4.sin_port = htons(kAnyPort);
  inet_pton(AF_INET, kElsewhere4, &v4.v4.sin_addr);
  if (std::string text = SourceTowards(v4, sizeof(v4.v4)); !text.empty()) return text;
  Address v6{};
  v6.v6.sin6_family = AF_INET6;
  v6.v6.sin6_port = htons(kAnyPort);
  inet_pton(AF_INET6, kElsewhere6, &v6.v6.sin6_addr);
  return SourceTowards(v6, sizeof(v6.v6));
}

std::string OfAnyInterface() {
  ifaddrs* list = nullptr;
  if (getifaddrs(&list) != 0) return "";
  std::string found;
  for (const ifaddrs* entry = list; entry != nullptr && found.empty(); entry = entry->ifa_next) {
    if (entry->ifa_addr == nullptr || (entry->ifa_flags & IFF_UP) == 0) continue;
    const sa_family_t family = entry->ifa_addr->sa_family;
    if (family != AF_INET && family != AF_INET6) continue;
    Address address{};
    std::memcpy(&address, entry->ifa_addr, family == AF_INET ? sizeof(sockaddr_in) : sizeof(sockaddr_in6));
    found = GlobalText(address);
  }
  freeifaddrs(list);
  return found;
}

}  // namespace

std::string FindNodeAddress() {
  if (std::string address = OfDefaultRoute(); !address.empty()) return address;
  if (std::string address = OfAnyInterface(); !address.empty()) return address;
  return kLoopback;
}

void NodeAddress::Learn(const std::string& host_ip) {
  if (!host_ip.empty()) learnt_ = host_ip;
}

std::string NodeAddress::OfPod(const std::string& pod_ip) const {
  if (!pod_ip.empty()) return pod_ip;
  return learnt_.empty() ? FindNodeAddress() : learnt_;
}

}  // namespace sidecar_shim
