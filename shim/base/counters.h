// What the shim has done since it started, as numbers that only grow. Each counter is declared once, below:
// its name is the member's name and the name in the log, its help text says what one increment stands for.
// Loop thread only.
#ifndef SIDECAR_SHIM_SHIM_BASE_COUNTERS_H_
#define SIDECAR_SHIM_SHIM_BASE_COUNTERS_H_

#include <cstdint>
#include <string>

namespace sidecar_shim {

class Counter {
 public:
  void Add() { ++value_; }
  uint64_t value() const { return value_; }

 private:
  uint64_t value_ = 0;
};

// X(name, help), in name order.
#define SIDECAR_SHIM_COUNTERS(X)                                                                            \
  X(api_server_failures, "times the API server became unreachable or refused the list of this node's pods") \
  X(api_server_watch_failures, "watches of this node's pods that failed and were replaced by a new list")   \
  X(containers_held, "containers refused because others of their pod must be launched first")               \
  X(kubelet_pods_failures, "times kubelet's list of pods stopped being readable")                           \
  X(launch_timeouts, "containers admitted because they had been held for the launch timeout")               \
  X(launches_ahead, "containers launched by the shim before kubelet retried")                               \
  X(malformed_annotations, "annotations ignored because of their value")                                    \
  X(malformed_manifests, "static pod manifests ignored because of their content")                           \
  X(malformed_spec_answers, "answers of spec sources that could not be read")                               \
  X(order_inversions, "containers that started before one that their pod wants to start first")             \
  X(pods_completed, "job pods whose main containers have all ended")                                        \
  X(sidecar_stops, "sidecars stopped because their job was complete")                                       \
  X(unresponsive_spec_sources, "times a spec source stopped answering and was no longer waited for")

struct Counters {
#define SIDECAR_SHIM_MEMBER(name, help) Counter name;
  SIDECAR_SHIM_COUNTERS(SIDECAR_SHIM_MEMBER)
#undef SIDECAR_SHIM_MEMBER

  // "a=1 b=2", in name order, without those that are still 0.
  std::string ToString() const;
};

// A counter's description, for whatever lists them all.
struct CounterInfo {
  const char* name;
  const char* help;
  Counter Counters::*counter;
};

inline constexpr CounterInfo kCounters[] = {
#define SIDECAR_SHIM_INFO(name, help) {#name, help, &Counters::name},
    SIDECAR_SHIM_COUNTERS(SIDECAR_SHIM_INFO)
#undef SIDECAR_SHIM_INFO
};

#undef SIDECAR_SHIM_COUNTERS

}  // namespace sidecar_shim

#endif  // SIDECAR_SHIM_SHIM_BASE_COUNTERS_H_
