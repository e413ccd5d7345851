#include "tests/bench/relays.h"

#include <filesystem>
#include <utility>

namespace sidecar_shim::bench {

Relays::Relays(std::string folder, std::string runtime_endpoint, std::string shim, std::string go_proxy)
    : folder_(std::move(folder)),
      runtime_endpoint_(std::move(runtime_endpoint)),
      shim_(std::move(shim)),
      go_proxy_(std::move(go_proxy)) {
  // Apart from the sockets, which are no manifests.
  for (const char* name : {"/kubelet", "/manifests"}) std::filesystem::create_directory(folder_ + name);
}

std::vector<std::string> Relays::Names() const {
  std::vector<std::string> names = {kRaw, kShim};
  if (!go_proxy_.empty()) names.push_back(kGrpcGo);
  return names;
}

std::unique_ptr<Relay> Relays::Start(const std::string& name) {
  const std::string folder = folder_ + "/" + name + "-" + std::to_string(++started_);
  std::filesystem::create_directory(folder);
  const std::string endpoint = "unix://" + folder + "/cri.sock";
  return std::unique_ptr<Relay>(new Relay{name, endpoint, Child(Command(name, endpoint))});
}

std::vector<std::string> Relays::Command(const std::string& name, const std::string& endpoint) const {
  if (name == kRaw) return {"/proc/self/exe", "--raw-relay", endpoint, runtime_endpoint_};
  if (name == kGrpcGo) return {go_proxy_, "--listen", endpoint, "--runtime", runtime_endpoint_};
  return {shim_,
          "serve",
          "--listen",
          endpoint,
          "--runtime",
          runtime_endpoint_,
          "--kubelet-root-dir",
          folder_ + "/kubelet",
          "--static-pod-path",
          folder_ + "/manifests",
          "--log-level",
          "warn"};
}

}  // namespace sidecar_shim::bench
