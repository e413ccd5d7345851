// The relays that relay_bench compares: a byte copier, the shim and, if it is there, a grpc-go proxy.
#ifndef SIDECAR_SHIM_TESTS_BENCH_RELAYS_H_
#define SIDECAR_SHIM_TESTS_BENCH_RELAYS_H_

#include <memory>
#include <string>
#include <vector>

#include "tests/bench/child.h"

namespace sidecar_shim::bench {

inline constexpr char kRaw[] = "raw";
inline constexpr char kShim[] = "shim";
inline constexpr char kGrpcGo[] = "grpc-go";

struct Relay {
  std::string name;
  std::string endpoint;  // where it listens
  Child process;
};

class Relays {
 public:
  // `shim` and `go_proxy` are paths of programs; without the latter there is no kGrpcGo. Sockets and all else
  // that a relay may create are in `folder`.
  Relays(std::string folder, std::string runtime_endpoint, std::string shim, std::string go_proxy);

  // In the order of the tables.
  std::vector<std::string> Names() const;
  // A new process, which may not accept connections yet. It runs until the result is destroyed.
  std::unique_ptr<Relay> Start(const std::string& name);

 private:
  std::vector<std::string> Command(const std::string& name, const std::string& endpoint) const;

  const std::string folder_;
  const std::string runtime_endpoint_;
  const std::string shim_;
  const std::string go_proxy_;
  int started_ = 0;
};

}  // namespace sidecar_shim::bench

#endif  // SIDECAR_SHIM_TESTS_BENCH_RELAYS_H_
