// The shim's memory while pods are created and removed.
#ifndef SIDECAR_SHIM_TESTS_BENCH_POD_MEMORY_H_
#define SIDECAR_SHIM_TESTS_BENCH_POD_MEMORY_H_

#include "tests/bench/child.h"
#include "tests/bench/client.h"

namespace sidecar_shim::bench {

// Prints the shim's resident memory when idle, after `few` pods and after `many`, and the pods per second.
void MeasureMemory(Client& through, const Child& shim, int few, int many);

}  // namespace sidecar_shim::bench

#endif  // SIDECAR_SHIM_TESTS_BENCH_POD_MEMORY_H_
