// What relays hold in memory while their caller does not read.
#ifndef SIDECAR_SHIM_TESTS_BENCH_LIST_MEMORY_H_
#define SIDECAR_SHIM_TESTS_BENCH_LIST_MEMORY_H_

#include "tests/bench/relays.h"

namespace sidecar_shim::bench {

// Prints, for a new process of each relay, its resident memory when idle, and what is added at most by 16
// lists of 8 MiB at once whose caller begins to read after a second.
void MeasureListMemory(Relays& relays);

}  // namespace sidecar_shim::bench

#endif  // SIDECAR_SHIM_TESTS_BENCH_LIST_MEMORY_H_
