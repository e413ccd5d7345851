// Tables of scenarios on a bench.
#ifndef SIDECAR_SHIM_TESTS_POLICY_SCENARIO_H_
#define SIDECAR_SHIM_TESTS_POLICY_SCENARIO_H_

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <string>
#include <vector>

#include "tests/policy/bench.h"

namespace sidecar_shim::policy {

inline constexpr RestartPolicy kAlways = RestartPolicy::kAlways, kNever = RestartPolicy::kNever,
                               kOnFailure = RestartPolicy::kOnFailure, kUnknown = RestartPolicy::kUnknown;

struct Scenario {
  const char* what;
  std::vector<ContainerSpec> containers;
  RestartPolicy policy;
  const char* script;  // for Bench::Run
  Annotations annotations = {};
};

Options NoLaunchAhead();
ContainerSpec Probed(ContainerSpec container);

void RunAll(const std::vector<Scenario>& scenarios, const Options& options = {});

// A test scenario of OpenKruise.
struct Labelled {
  const char* label;  // "LP-E1"
  Scenario scenario;
};

// The label as a name that GoogleTest takes.
std::string LabelOf(const testing::TestParamInfo<Labelled>& info);

}  // namespace sidecar_shim::policy

#endif  // SIDECAR_SHIM_TESTS_POLICY_SCENARIO_H_
