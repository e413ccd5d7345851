// Latency and rate of calls, directly and through the shim.
#ifndef SIDECAR_SHIM_TESTS_BENCH_RELAY_LOAD_H_
#define SIDECAR_SHIM_TESTS_BENCH_RELAY_LOAD_H_

#include <chrono>

#include "tests/bench/child.h"
#include "tests/bench/client.h"

namespace sidecar_shim::bench {

// Prints a table with a line per call and concurrency: latencies, rates, their ratios, and the shim's CPU
// time per call. Each is measured in `rounds` turns of `duration`, directly and through the shim alternately,
// so that other load on the machine affects both.
void MeasureRelay(Client& direct, Client& through, const Child& shim, int rounds,
                  std::chrono::milliseconds duration);

}  // namespace sidecar_shim::bench

#endif  // SIDECAR_SHIM_TESTS_BENCH_RELAY_LOAD_H_
