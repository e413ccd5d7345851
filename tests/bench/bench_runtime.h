// The container runtime of relay_bench: answers as fast as it can, from memory.
#ifndef SIDECAR_SHIM_TESTS_BENCH_BENCH_RUNTIME_H_
#define SIDECAR_SHIM_TESTS_BENCH_BENCH_RUNTIME_H_

#include <string>

namespace sidecar_shim::bench {

// Serves CRI on the endpoint ("unix:///path") until the parent process ends.
int ServeRuntime(const std::string& endpoint);

}  // namespace sidecar_shim::bench

#endif  // SIDECAR_SHIM_TESTS_BENCH_BENCH_RUNTIME_H_
