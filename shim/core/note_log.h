// Writes the policy's notes to the log, one line per decision, and counts them.
#ifndef SIDECAR_SHIM_SHIM_CORE_NOTE_LOG_H_
#define SIDECAR_SHIM_SHIM_CORE_NOTE_LOG_H_

#include "shim/core/counters.h"
#include "shim/core/hands.h"

namespace sidecar_shim {

class NoteLog : public NoteHand {
 public:
  explicit NoteLog(Counters& counters) : counters_(counters) {}
  void Take(const policy::Note& note) override;

 private:
  Counters& counters_;
};

}  // namespace sidecar_shim

#endif  // SIDECAR_SHIM_SHIM_CORE_NOTE_LOG_H_
