#include "tests/policy/scenario.h"

#include <algorithm>

namespace sidecar_shim::policy {

Options NoLaunchAhead() {
  Options options;
  options.launch_ahead = false;
  return options;
}

ContainerSpec Probed(ContainerSpec container) {
  container.readiness_probe = ProbeSpec{};
  return container;
}

void RunAll(const std::vector<Scenario>& scenarios, const Options& options) {
  for (const Scenario& scenario : scenarios) {
    SCOPED_TRACE(scenario.what);
    Bench bench(scenario.containers, scenario.policy, scenario.annotations, options);
    bench.Run(scenario.script);
  }
}

std::string LabelOf(const testing::TestParamInfo<Labelled>& info) {
  std::string label = info.param.label;
  std::replace(label.begin(), label.end(), '-', '_');
  return label;
}

}  // namespace sidecar_shim::policy
