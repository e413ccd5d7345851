// Visits every state that a setup can reach, breadth first, and checks that
// each is sound and that the pod can still finish from it.
#ifndef SIDECAR_SHIM_TESTS_MODEL_EXPLORE_H_
#define SIDECAR_SHIM_TESTS_MODEL_EXPLORE_H_

#include <cstddef>
#include <string>
#include <vector>

#include "tests/model/world.h"

namespace sidecar_shim::model {

struct Exploration {
  size_t states = 0;
  size_t steps = 0;
  bool complete = true;  // false: stopped at the limit
  // The first failure and a shortest path to it; empty if there is none.
  std::string failure;
};

Exploration Explore(const PodSetup& setup, size_t limit = 3'000'000);

// Explores all setups on all cores. Failures name their setup.
struct Total {
  size_t setups = 0, states = 0, steps = 0, largest = 0;
  bool complete = true;
  std::vector<std::string> failures;
};
Total ExploreAll(const std::vector<PodSetup>& setups);

}  // namespace sidecar_shim::model

#endif  // SIDECAR_SHIM_TESTS_MODEL_EXPLORE_H_
