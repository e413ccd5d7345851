// A child process of relay_bench, with its CPU time and memory.
#ifndef SIDECAR_SHIM_TESTS_BENCH_CHILD_H_
#define SIDECAR_SHIM_TESTS_BENCH_CHILD_H_

#include <sys/types.h>

#include <cstdint>
#include <string>
#include <vector>

namespace sidecar_shim::bench {

// Runs from construction to destruction.
class Child {
 public:
  // The program's path and its arguments.
  explicit Child(std::vector<std::string> arguments);
  Child(const Child&) = delete;
  Child& operator=(const Child&) = delete;
  ~Child();

  double CpuMicroseconds() const;
  // In KiB, by its name in /proc/<pid>/status.
  int64_t Memory(const std::string& name) const;
  // From now on VmHWM is the most since now.
  void ForgetPeak() const;

 private:
  pid_t pid_;
};

}  // namespace sidecar_shim::bench

#endif  // SIDECAR_SHIM_TESTS_BENCH_CHILD_H_
