// The least that any relay costs: copies bytes between unix sockets and knows nothing of what they mean.
// relay_bench measures others beside it.
#ifndef SIDECAR_SHIM_TESTS_BENCH_RAW_RELAY_H_
#define SIDECAR_SHIM_TESTS_BENCH_RAW_RELAY_H_

#include <string>

namespace sidecar_shim::bench {

// Relays each connection to `listen` to a connection of its own to `runtime` (both "unix:///path"), in this
// thread, until the parent process ends.
int ServeRawRelay(const std::string& listen, const std::string& runtime);

}  // namespace sidecar_shim::bench

#endif  // SIDECAR_SHIM_TESTS_BENCH_RAW_RELAY_H_
