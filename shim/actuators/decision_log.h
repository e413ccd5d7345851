// Writes the policy's notes to the log, one line per note, and counts them. Loop thread only.
#ifndef SIDECAR_SHIM_SHIM_ACTUATORS_DECISION_LOG_H_
#define SIDECAR_SHIM_SHIM_ACTUATORS_DECISION_LOG_H_

#include "shim/base/counters.h"
#include "shim/driver/actuators.h"

namespace sidecar_shim {

class CountingDecisionLog : public DecisionLog {
 public:
  explicit CountingDecisionLog(Counters& counters) : counters_(counters) {}
  void Record(const policy::Note& note) override;

 private:
  Counters& counters_;
};

}  // namespace sidecar_shim

#endif  // SIDECAR_SHIM_SHIM_ACTUATORS_DECISION_LOG_H_
