// Latency, CPU time and rate of calls, directly and through each relay in turn.
#ifndef SIDECAR_SHIM_TESTS_BENCH_RELAY_LOAD_H_
#define SIDECAR_SHIM_TESTS_BENCH_RELAY_LOAD_H_

#include <chrono>
#include <string>
#include <vector>

#include "tests/bench/child.h"
#include "tests/bench/client.h"

namespace sidecar_shim::bench {

// A way to the runtime.
struct Way {
  std::string name;
  Client* client;
  const Child* relay;  // nullptr: directly
};

struct Load {
  std::string name;
  std::string method;
  grpc::ByteBuffer request;
  std::vector<int> concurrencies;  // calls at a time
};

// Of one way under one load. Times are microseconds.
struct Figures {
  std::string way;
  double p50 = 0;  // of all calls of all rounds
  // Medians over the rounds of the difference to the direct calls of the same round.
  double added_p50 = 0;
  double added_p99 = 0;
  double cpu = 0;   // of the relay, per call
  double rate = 0;  // calls/s
};

struct Rounds {
  int count;
  std::chrono::milliseconds duration;  // of one way's turn; calls in flight are then awaited
};

std::vector<Load> AllLoads();

// The figures of each way, the first of which must be the direct one. In each round each way has a turn, so
// that other load on the machine affects all.
std::vector<Figures> Measure(const std::vector<Way>& ways, const Load& load, int concurrency, Rounds rounds);

}  // namespace sidecar_shim::bench

#endif  // SIDECAR_SHIM_TESTS_BENCH_RELAY_LOAD_H_
