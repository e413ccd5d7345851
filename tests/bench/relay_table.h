// Figures of relays as a table of at most 130 columns, a line per load and concurrency.
#ifndef SIDECAR_SHIM_TESTS_BENCH_RELAY_TABLE_H_
#define SIDECAR_SHIM_TESTS_BENCH_RELAY_TABLE_H_

#include <string>
#include <vector>

#include "tests/bench/relay_load.h"

namespace sidecar_shim::bench {

// Prints what the columns mean, and their heads, for these relays.
void PrintHead(const std::vector<std::string>& relays);

// Prints the figures of the direct way, which are the first, and of the relays in the same order as in the
// head.
void PrintLine(const std::string& load, int concurrency, const std::vector<Figures>& figures);

}  // namespace sidecar_shim::bench

#endif  // SIDECAR_SHIM_TESTS_BENCH_RELAY_TABLE_H_
