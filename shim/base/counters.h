// What the shim has done, as numbers. Loop thread only.
#ifndef SIDECAR_SHIM_SHIM_BASE_COUNTERS_H_
#define SIDECAR_SHIM_SHIM_BASE_COUNTERS_H_

#include <cstdint>
#include <map>
#include <string>

namespace sidecar_shim {

class Counters {
 public:
  void Add(const std::string& name) { ++values_[name]; }
  const std::map<std::string, uint64_t>& values() const { return values_; }
  // "a=1 b=2", in name order.
  std::string ToString() const;

 private:
  std::map<std::string, uint64_t> values_;
};

}  // namespace sidecar_shim

#endif  // SIDECAR_SHIM_SHIM_BASE_COUNTERS_H_
