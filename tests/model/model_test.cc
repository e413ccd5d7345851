// Every pod of up to four containers, in every spec order, with every pattern
// of priorities and sidecar flags (of four containers with equal priorities: at
// most one flag), under both restart policies, with and without launch-ahead,
// and the shim killed between any two steps. world.h says what may happen; the
// classes below say how often: Budgets(failures of main containers, exits of
// sidecars that the shim has not caused, calls that the runtime fails, sandboxes
// lost, starts by kubelet that are lost with the shim, coarse). Each class is explored completely.
//
// Checked in every state: no container starts before a higher priority has (in
// this sandbox), or before its probe has passed where it has one; none is started twice, and no finished one
// again; a sidecar is stopped only when the job has finished, once per running instance and shim, lower
// priorities first; exits of flagged containers are masked at and after completion, and only then; a launched
// container is never shown as CREATED; and the pod can still finish.
#include <gtest/gtest.h>

#include <functional>
#include <iostream>

#include "tests/model/explore.h"

namespace sidecar_shim::model {
namespace {

using policy::RestartPolicy;

// Every way to rank n containers, ties included: 1, 3, 13, 75 ways.
std::vector<std::vector<int>> Rankings(int n) {
  std::vector<std::vector<int>> rankings;
  std::vector<int> ranks(n);
  std::function<void(int)> fill = [&](int position) {
    if (position == n) {
      std::set<int> used(ranks.begin(), ranks.end());
      if (*used.rbegin() == static_cast<int>(used.size()) - 1) rankings.push_back(ranks);
      return;
    }
    for (ranks[position] = 0; ranks[position] < n; ++ranks[position]) fill(position + 1);
  };
  fill(0);
  return rankings;
}

struct Class {
  const char* name;
  int containers;
  PodSetup what;          // budgets; the rest is enumerated
  bool any_flags;         // every pattern of flags, or only one sidecar at most
  bool distinct = false;  // only rankings without ties
};

std::vector<PodSetup> SetupsOf(const Class& of) {
  std::vector<PodSetup> setups;
  for (const std::vector<int>& ranks : Rankings(of.containers)) {
    if (of.distinct && std::set<int>(ranks.begin(), ranks.end()).size() != ranks.size()) continue;
    // A pod of sidecars only never completes (policy/completion.h), so it is left out.
    for (int flags = 0; flags < (1 << of.containers) - 1; ++flags) {
      if (!of.any_flags && (flags & (flags - 1)) != 0) continue;
      for (RestartPolicy policy : {RestartPolicy::kNever, RestartPolicy::kOnFailure}) {
        for (bool launch_ahead : {false, true}) {
          PodSetup setup = of.what;
          setup.restart_policy = policy;
          setup.launch_ahead = launch_ahead;
          for (int i = 0; i < of.containers; ++i)
            setup.containers.push_back({ranks[i], (flags >> i & 1) != 0});
          setups.push_back(setup);
        }
      }
    }
  }
  return setups;
}

PodSetup Budgets(int main_failures, int sidecar_exits, int runtime_failures, int sandbox_losses,
                 int lost_starts, bool coarse) {
  PodSetup setup;
  setup.main_failures = main_failures;
  setup.sidecar_exits = sidecar_exits;
  setup.runtime_failures = runtime_failures;
  setup.sandbox_losses = sandbox_losses;
  setup.lost_starts = lost_starts;
  setup.coarse = coarse;
  return setup;
}

class ModelTest : public testing::TestWithParam<Class> {
 public:
  static void TearDownTestSuite() { std::cout << "model: " << states_ << " states in all\n"; }
  static size_t states_;
};
size_t ModelTest::states_ = 0;

TEST_P(ModelTest, HoldsInEveryState) {
  const std::vector<PodSetup> setups = SetupsOf(GetParam());
  const Total total = ExploreAll(setups);
  states_ += total.states;
  std::cout << "model: " << GetParam().name << ": " << total.setups << " setups, " << total.states
            << " states, " << total.steps << " steps, largest " << total.largest << "; invariants checked "
            << invariant_checks.exchange(0) << " times\n";
  EXPECT_TRUE(total.complete);
  EXPECT_EQ(total.failures.size(), 0u);
  for (size_t i = 0; i < total.failures.size() && i < 3; ++i) ADD_FAILURE() << total.failures[i];
}

PodSetup WithProbes(PodSetup setup) {
  setup.probes = true;
  return setup;
}

// Sanitizers are for memory and races, which fewer setups show as well.
#ifdef SIDECAR_SHIM_SANITIZED
constexpr bool kSanitized = true;
#else
constexpr bool kSanitized = false;
#endif

const Class kClasses[] = {
    {"OneEverythingFails", 1, Budgets(1, 1, 1, 1, 1, false), true},
    {"TwoExits", 2, Budgets(1, 1, 0, 0, 1, false), true},
    {"TwoRuntimeFails", 2, Budgets(0, 0, 1, 0, 1, false), true},
    {"TwoSandboxLost", 2, Budgets(1, 0, 0, 1, 0, false), true},
    {"TwoProbed", 2, WithProbes(Budgets(1, 1, 0, 0, 0, false)), true},
    {"ThreeKills", 3, Budgets(0, 0, 0, 0, 0, false), !kSanitized, kSanitized},
#ifndef SIDECAR_SHIM_SANITIZED
    {"ThreeExits", 3, Budgets(1, 1, 0, 0, 0, true), true},
    {"ThreeRuntimeFails", 3, Budgets(0, 0, 1, 0, 0, true), true},
    {"ThreeSandboxLost", 3, Budgets(0, 0, 0, 1, 0, true), true},
    {"ThreeProbed", 3, WithProbes(Budgets(0, 0, 0, 0, 0, true)), true, true},
    {"FourDistinct", 4, Budgets(0, 0, 0, 0, 0, true), true, true},
    {"FourWithTies", 4, Budgets(0, 0, 0, 0, 0, true), false},
#endif
};

INSTANTIATE_TEST_SUITE_P(Pods, ModelTest, testing::ValuesIn(kClasses),
                         [](const auto& info) { return std::string(info.param.name); });

}  // namespace
}  // namespace sidecar_shim::model
