#include "shim/kube/port_owner.h"

#include <unistd.h>

#include <fstream>
#include <iterator>
#include <sstream>

#include "absl/strings/numbers.h"

namespace sidecar_shim {
namespace {

constexpr const char* kListen = "0A";  // TCP_LISTEN (net/tcp_states.h)

std::string ReadAll(const char* path) {
  std::ifstream stream(path);
  return {std::istreambuf_iterator<char>(stream), std::istreambuf_iterator<char>()};
}

}  // namespace

PortOwner OwnerInTable(const std::string& table, int port, unsigned int own_uid) {
  PortOwner owner = PortOwner::kNone;
  std::istringstream lines(table);
  std::string line;
  std::getline(lines, line);  // column names
  while (std::getline(lines, line)) {
    std::istringstream fields(line);
    std::string number;
    std::string local;
    std::string remote;
    std::string state;
    std::string queues;
    std::string timer;
    std::string retransmits;
    unsigned int uid = 0;
    if (!(fields >> number >> local >> remote >> state >> queues >> timer >> retransmits >> uid)) continue;
    // The kernel lists the listening sockets before all others (tcp4_seq_show).
    if (state != kListen) break;
    uint32_t local_port = 0;
    if (!absl::SimpleHexAtoi(local.substr(local.find(':') + 1), &local_port) ||
        local_port != static_cast<uint32_t>(port)) {
      continue;
    }
    if (uid != 0 && uid != own_uid) return PortOwner::kUntrusted;
    owner = PortOwner::kTrusted;
  }
  return owner;
}

PortOwner OwnerOfPort(int port) {
  const PortOwner ipv4 = OwnerInTable(ReadAll("/proc/net/tcp"), port, geteuid());
  const PortOwner ipv6 = OwnerInTable(ReadAll("/proc/net/tcp6"), port, geteuid());
  if (ipv4 == PortOwner::kUntrusted || ipv6 == PortOwner::kUntrusted) return PortOwner::kUntrusted;
  return ipv4 == PortOwner::kNone ? ipv6 : ipv4;
}

}  // namespace sidecar_shim
