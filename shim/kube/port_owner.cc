#include "shim/kube/port_owner.h"

#include <unistd.h>

#include <fstream>
#include <iterator>
#include <sstream>

#include "absl/strings/numbers.h"

namespace sidecar_shim {
namespace {

constexpr const char* kListening = "0A";

std::string ReadAll(const char* path) {
  std::ifstream stream(path);
  return {std::istreambuf_iterator<char>(stream), std::istreambuf_iterator<char>()};
}

}  // namespace

PortOwner OwnerInTable(const std::string& table, int port, unsigned int own_uid) {
  PortOwner owner = PortOwner::kNobody;
  std::istringstream lines(table);
  std::string line;
  std::getline(lines, line);  // the head
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
    // Those that listen come first.
    if (state != kListening) break;
    uint32_t its_port = 0;
    if (!absl::SimpleHexAtoi(local.substr(local.find(':') + 1), &its_port) ||
        its_port != static_cast<uint32_t>(port)) {
      continue;
    }
    if (uid != 0 && uid != own_uid) return PortOwner::kUntrusted;
    owner = PortOwner::kTrusted;
  }
  return owner;
}

PortOwner OwnerOfPort(int port) {
  const PortOwner four = OwnerInTable(ReadAll("/proc/net/tcp"), port, geteuid());
  const PortOwner six = OwnerInTable(ReadAll("/proc/net/tcp6"), port, geteuid());
  if (four == PortOwner::kUntrusted || six == PortOwner::kUntrusted) return PortOwner::kUntrusted;
  return four == PortOwner::kNobody ? six : four;
}

}  // namespace sidecar_shim
